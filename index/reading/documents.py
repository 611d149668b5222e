"""Stories in plain text, markdown and PDF files."""

import logging
import re
from typing import Any

import yaml  # type: ignore[import-untyped]

from index.errors import ReadingError
from index.reading.decoding import decode
from index.reading.drafts import MAX_STORY_CHARACTERS, Draft, finished, storable
from index.reading.fields import authors_field, date_field, id_field, text_field
from index.reading.files import MAX_PDF_BYTES, MAX_TEXT_BYTES, check_size, opened, read_bytes
from index.reading.results import FoundFile
from index.reading.titles import clean_title, title_of_markdown, title_of_text
from index.stories import Story

_logger = logging.getLogger(__name__)
# pypdf warns of every flaw that it could mend; what it cannot mend is raised.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)
_SPLIT_ADVICE = "split it into one file a story"
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?P<fields>.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_MAX_FRONT_MATTER_CHARACTERS = 20_000
_FILE_NAME_AS_TITLE = re.compile(
    r"(?:microsoft word|untitled|document\d*\b|slide \d|print|scan)|.*\.(?:docx?|pdf|indd|qxd|odt|rtf|txt|tmp|html?)\Z",
    re.IGNORECASE,
)


def read_text(found: FoundFile) -> Story:
    """The story of a plain text file. Raises ReadingError."""
    text = decode(read_bytes(found.path, limit=MAX_TEXT_BYTES, advice=_SPLIT_ADVICE))
    draft = Draft(title=title_of_text(text, path=found.named), text=text)
    return finished(draft, source=found.source, path=found.path)


def read_markdown(found: FoundFile) -> Story:
    """The story of a markdown file, which may begin with front matter: YAML between two lines `---`.

    Front matter may give id, title, url, publisher, authors and published_at (or date). The story's text is what
    follows it. Raises ReadingError, also for front matter that cannot be read.
    """
    content = decode(read_bytes(found.path, limit=MAX_TEXT_BYTES, advice=_SPLIT_ADVICE))
    match = _FRONT_MATTER.match(content)
    fields = _front_matter(match["fields"]) if match else {}
    body = content[match.end() :] if match and fields else content
    draft = Draft(
        title=text_field(fields, "title") or title_of_markdown(body, path=found.named),
        text=body,
        given_id=id_field(fields),
        url=text_field(fields, "url"),
        publisher=text_field(fields, "publisher"),
        authors=authors_field(fields) or authors_field(fields, "author"),
        published_at=date_field(fields),
    )
    return finished(draft, source=found.source, path=found.path)


def read_pdf(found: FoundFile) -> Story:
    """The story of a PDF file, as its text stands on the pages. Raises ReadingError."""
    with opened(found.path) as file:
        check_size(file, limit=MAX_PDF_BYTES, advice="save the pages of the story as a PDF of their own")
        title, text = _pdf_text(file)
    draft = Draft(title=title or title_of_text(text, path=found.named), text=text)
    return finished(draft, source=found.source, path=found.path)


def _front_matter(block: str) -> dict[str, Any]:
    """The fields between two lines `---`; none when they are rules around ordinary text."""
    advice = 'write lines like title: "A title", with quotes around text that has a colon'
    if len(block) > _MAX_FRONT_MATTER_CHARACTERS:
        return {}
    try:
        # This loader makes nothing but texts, lists and mappings: a date stays as it was written.
        fields = yaml.load(block, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise ReadingError(f"The front matter between the lines --- is not valid YAML; {advice}.") from error
    if not fields or isinstance(fields, str):
        return {}
    if not isinstance(fields, dict):
        raise ReadingError(f"The front matter between the lines --- has no fields; {advice}.")
    return {str(name).lower(): value for name, value in fields.items()}


def _pdf_text(file: Any) -> tuple[str | None, str]:
    """Title from the metadata, if it is one, and the text of all pages."""
    # Imported here: a command that reads no PDF need not wait for it.
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError, LimitReachedError, PyPdfError

    try:
        reader = PdfReader(file, strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise ReadingError("This PDF is locked with a password; save a copy without one.")
        pages: list[str] = []
        length = 0
        for page in reader.pages:
            pages.append(page.extract_text())
            length += len(pages[-1])
            if length > MAX_STORY_CHARACTERS:
                raise ReadingError("This PDF has more than 20 million characters; split it into its articles.")
        metadata = reader.metadata
        title = metadata.title if metadata else None
    except ReadingError:
        raise
    except LimitReachedError as error:
        raise ReadingError("This PDF takes too much memory to read; save it anew or copy its text.") from error
    except DependencyError as error:
        raise ReadingError("This PDF's lock cannot be opened; save a copy without a password.") from error
    except PyPdfError as error:
        raise _broken(error) from error
    # pypdf raises whatever a damaged file leads it into.
    except Exception as error:
        raise _broken(error) from error
    text = "\n\n".join(page.strip() for page in pages if page.strip())
    if not text:
        raise ReadingError("This PDF has no text, only pictures; run it through OCR first.")
    return _sensible_title(title), text


def _broken(error: Exception) -> ReadingError:
    _logger.warning("A PDF could not be read: %s: %s", type(error).__name__, error)
    return ReadingError("This PDF is damaged and cannot be read; save or download it anew.")


def _sensible_title(title: object) -> str | None:
    """The title of a PDF's metadata unless it is what a program left there: a file's name, or a single word."""
    if not isinstance(title, str):
        return None
    title = clean_title(storable(title))
    return title if " " in title and not _FILE_NAME_AS_TITLE.match(title) else None
