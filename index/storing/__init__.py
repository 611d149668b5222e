"""Catalog, vectors and words of a data folder, and the publisher that keeps the three in step."""

from index.storing.catalog import Catalog, Library

__all__ = ["Catalog", "Library"]
