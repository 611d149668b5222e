"""From a question to the passages that match it: embedding, search in vectors and words, fusion."""

from index.finding.embedding import Embedder, SentenceTransformerEmbedder, TextVectors
from index.finding.search import search

__all__ = ["Embedder", "SentenceTransformerEmbedder", "TextVectors", "search"]
