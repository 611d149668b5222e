"""What the bot remembers, in a database in the data folder; the only place that knows its tables.

`servers`, `libraries`, `people`, `answers` and `votes` are modules of functions that take a Memory first. They block.
"""

from bot.remembering import answers, libraries, people, servers, votes
from bot.remembering.answers import KeptAnswer
from bot.remembering.libraries import BoundLibrary
from bot.remembering.memory import FILE_NAME, Memory
from bot.remembering.servers import ServerSettings, default_library

__all__ = [
    "FILE_NAME",
    "BoundLibrary",
    "KeptAnswer",
    "Memory",
    "ServerSettings",
    "answers",
    "default_library",
    "libraries",
    "people",
    "servers",
    "votes",
]
