"""Fairness: how often a person and a server may ask, and how often they are told that they may not."""

from bot.limiting.cooldowns import Cooldowns
from bot.limiting.hints import Hints

__all__ = ["Cooldowns", "Hints"]
