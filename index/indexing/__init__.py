"""The two search indexes of a library: vectors in Chroma, words in tantivy. Both follow the catalog."""
