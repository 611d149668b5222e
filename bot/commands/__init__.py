"""The slash commands; one module for a group of them, glue only."""

from bot.commands.asking import ASKS, add_asking
from bot.commands.help import add_help
from bot.commands.library import add_libraries
from bot.commands.privacy import add_privacy
from bot.commands.settings import add_settings
from bot.commands.stories import add_stories
from bot.commands.summary import add_summary

__all__ = [
    "ASKS",
    "add_asking",
    "add_help",
    "add_libraries",
    "add_privacy",
    "add_settings",
    "add_stories",
    "add_summary",
]
