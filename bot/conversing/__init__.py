"""Conversations: what was asked and answered before, so that "and when did it begin?" is understood."""

from bot.conversing.conversations import Conversations, Key, Turn, direct, following, replying_to

__all__ = ["Conversations", "Key", "Turn", "direct", "following", "replying_to"]
