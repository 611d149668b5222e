"""On its way to `bot.showing.escaping`."""

from bot.showing.escaping import clean, escape, link, show, units, web_address

__all__ = ["clean", "escape", "link", "show", "units", "web_address"]
