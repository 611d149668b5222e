"""The bundled sample stories: written for Storydesk, with invented publishers, quotes and, mostly, places."""

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path


def stories_folder() -> AbstractContextManager[Path]:
    """Give the folder of the sample stories as a real path that can be read inside the `with` block."""
    return as_file(files(__name__) / "stories")
