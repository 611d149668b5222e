"""From a question to the passages that match it: embedding, search in vectors and words, fusion."""

from index.finding.embedding import Embedder, SentenceTransformerEmbedder, TextVectors
from index.finding.search import NOTES, search

__all__ = ["NOTES", "Embedder", "SentenceTransformerEmbedder", "TextVectors", "search"]
