"""One file -> its stories, whatever kind it is."""

from collections.abc import Callable, Iterator

from index.errors import ReadingError
from index.reading.documents import read_markdown, read_pdf, read_text
from index.reading.pages import read_page
from index.reading.records import read_json, read_jsonl
from index.reading.results import FoundFile, ReadFailure
from index.stories import Story

_ONE_STORY: dict[str, Callable[[FoundFile], Story]] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".html": read_page,
    ".htm": read_page,
    ".pdf": read_pdf,
}
_MANY_STORIES: dict[str, Callable[[FoundFile], Iterator[Story | ReadFailure]]] = {
    ".json": read_json,
    ".jsonl": read_jsonl,
}


def read_file(found: FoundFile) -> Iterator[Story | ReadFailure]:
    """The stories of one file, one by one; what cannot be read is a failure in its place. Never raises for a file."""
    suffix = found.path.suffix.lower()
    try:
        if suffix in _MANY_STORIES:
            yield from _MANY_STORIES[suffix](found)
        elif suffix in _ONE_STORY:
            yield _ONE_STORY[suffix](found)
        else:
            raise ReadingError("This kind of file cannot be read; see the kinds that are listed in the help.")
    except ReadingError as error:
        yield ReadFailure(found.source, str(error))
