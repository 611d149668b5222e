"""Cleaning a story's text and cutting it into passages: pure functions of text."""

from index.shaping.cleaning import kept_paragraphs
from index.shaping.datelines import date_in_opening, is_dateline
from index.shaping.languages import detect_language, question_language
from index.shaping.paragraphs import on_one_line, paragraphs
from index.shaping.passages import SPLITTER_VERSION, TokenOffsets, cut_passages, embedded_text, shortened_title
from index.shaping.sentences import sentences
from index.shaping.spans import Span, normalised

__all__ = [
    "SPLITTER_VERSION",
    "Span",
    "TokenOffsets",
    "cut_passages",
    "date_in_opening",
    "detect_language",
    "embedded_text",
    "is_dateline",
    "kept_paragraphs",
    "normalised",
    "on_one_line",
    "paragraphs",
    "question_language",
    "sentences",
    "shortened_title",
]
