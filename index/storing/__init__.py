"""The catalog: every story, version, passage and vector, in a database. The only truth."""

from index.storing.catalog import Catalog, Library

__all__ = ["Catalog", "Library"]
