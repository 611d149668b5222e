"""The slash commands; one module for a group of them, glue only."""

from bot.commands.asking import add_ask

__all__ = ["add_ask"]
