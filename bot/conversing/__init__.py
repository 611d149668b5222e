"""Conversations: what was asked and answered before, so that "and when did it begin?" is understood."""

from bot.conversing.conversations import Conversations, Key, Turn, answers_from, direct, following, replying_to

__all__ = ["Conversations", "Key", "Turn", "answers_from", "direct", "following", "replying_to"]
