"""Fairness: how often a person and a server may ask."""

from bot.limiting.cooldowns import Cooldowns

__all__ = ["Cooldowns"]
