"""Reading files as stories."""

from index.reading.discovering import discover
from index.reading.drafts import storable
from index.reading.reader import read_file
from index.reading.received import read_document
from index.reading.results import FoundFile, ReadFailure

__all__ = ["FoundFile", "ReadFailure", "discover", "read_document", "read_file", "storable"]
