"""The `storydesk` command, one module for a group of commands.

Nothing here imports the engine, its model or discord before a command needs it: `list` and `--help` answer at once.
"""

from bot.cli.entry import main

__all__ = ["main"]
