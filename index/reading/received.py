"""Documents that were sent, not named by a path: their bytes and what the sender called them."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from index.errors import StorageError
from index.reading.discovering import KINDS, TEXT_SUFFIXES
from index.reading.files import MAX_PDF_BYTES, MAX_TEXT_BYTES, too_large
from index.reading.identities import shown
from index.reading.reader import read_file
from index.reading.results import FoundFile, ReadFailure
from index.reading.titles import clean_title
from index.stories import Document, Story

_MOST_NAME_CHARACTERS = 200


def read_document(document: Document) -> Iterator[Story | ReadFailure]:
    """The stories of a document; see `read_file`.

    Of several, each has the identity with `#number`, its own title, and the document's date where it has none itself.
    Nothing of `name` becomes part of a path that is opened. Raises StorageError when there is no room to unpack it.
    """
    source = clean_title(document.source)
    called = PurePosixPath(clean_title(document.name.replace("\\", "/")[-_MOST_NAME_CHARACTERS:])).name
    # The ending as it stands in our own list, never as it was sent.
    suffix = next((each for each in TEXT_SUFFIXES if called.lower().endswith(each)), None)
    if suffix is None:
        yield ReadFailure(source, f"This kind of file cannot be read; send one of the kinds {KINDS}.")
        return
    limit = MAX_PDF_BYTES if suffix == ".pdf" else MAX_TEXT_BYTES
    if len(document.data) > limit:
        yield ReadFailure(source, str(too_large(len(document.data), limit=limit, advice="send a smaller one")))
        return
    try:
        with tempfile.TemporaryDirectory(prefix="storydesk-") as folder:
            path = Path(folder) / f"document{suffix}"
            path.write_bytes(document.data)
            yield from _read(FoundFile(path, source, called), document)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StorageError(f"There is no place to unpack what was sent ({reason}); free some space.") from error


def _read(found: FoundFile, document: Document) -> Iterator[Story | ReadFailure]:
    by_path = f"path:{shown(found.path.resolve())}"
    title = clean_title(document.title or "")
    stories = list(read_file(found))
    for each in stories:
        if isinstance(each, Story):
            if each.identity.startswith(by_path):
                each = replace(each, identity=document.identity + each.identity.removeprefix(by_path))
            if title and len(stories) == 1:
                each = replace(each, title=title)
            if document.published_at and (len(stories) == 1 or each.published_at is None):
                each = replace(each, published_at=document.published_at)
        yield each
