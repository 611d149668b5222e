import io
import logging
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from index.reading import FoundFile, ReadFailure, read_file
from index.shaping import paragraphs, sentences
from index.stories import Story

TITLE = "Harbour Bridge Closed Until Autumn"
FIRST = "The mayor said on Friday that 1,200 drivers a day have to take the road through the valley."
BEGAN = "Repairs began in May."
QUOTE = "“We found more rust than we had feared,” the engineer Ada Lind said."


def make_pdf(path: Path, *, title: str = "") -> Path:
    styles = getSampleStyleSheet()
    document = SimpleDocTemplate(str(path), pagesize=A4, title=title, invariant=1)
    document.build([Paragraph(TITLE, styles["Title"]), Paragraph(f"{FIRST} " * 4), Paragraph(f"{BEGAN} {QUOTE} " * 4)])
    return path


def read(path: Path) -> Story | ReadFailure:
    [result] = read_file(FoundFile(path, path.name))
    return result


def test_a_pdf_is_read_with_whole_sentences_and_its_heading_apart(tmp_path: Path) -> None:
    story = read(make_pdf(tmp_path / "bridge.pdf"))
    assert isinstance(story, Story)
    assert story.text[slice(*paragraphs(story.text)[0])] == TITLE
    found = [" ".join(story.text[start:end].split()) for start, end in sentences(story.text)]
    assert found == [TITLE, *[FIRST] * 4, *[BEGAN, QUOTE] * 4]
    assert story.language == "en"
    assert story.identity == f"path:{(tmp_path / 'bridge.pdf').resolve()}"


def test_the_title_in_the_metadata_is_taken(tmp_path: Path) -> None:
    story = read(make_pdf(tmp_path / "bridge.pdf", title="Bridge closed, says the mayor"))
    assert isinstance(story, Story)
    assert story.title == "Bridge closed, says the mayor"


@pytest.mark.parametrize("title", ["", "untitled", "Microsoft Word - draft 7", "bridge final.docx", "layout.indd"])
def test_what_a_program_left_as_title_is_not_one(tmp_path: Path, title: str) -> None:
    story = read(make_pdf(tmp_path / "bridge.pdf", title=title))
    assert isinstance(story, Story)
    assert story.title == TITLE


def test_the_day_a_pdf_was_made_is_not_when_the_story_was_published(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "bridge.pdf")
    assert PdfReader(path).metadata is not None
    story = read(path)
    assert isinstance(story, Story)
    assert story.published_at is None


def lock(path: Path, target: Path, *, password: str, algorithm: str = "AES-256") -> Path:
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt(user_password=password, owner_password="owner", algorithm=algorithm)
    writer.write(target)
    return target


def test_a_pdf_with_a_password_is_refused(tmp_path: Path) -> None:
    path = lock(make_pdf(tmp_path / "open.pdf"), tmp_path / "locked.pdf", password="secret")
    assert read(path) == ReadFailure("locked.pdf", "This PDF is locked with a password; save a copy without one.")


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_only_restricts_printing_is_read(tmp_path: Path, algorithm: str) -> None:
    path = lock(make_pdf(tmp_path / "open.pdf"), tmp_path / "locked.pdf", password="", algorithm=algorithm)
    story = read(path)
    assert isinstance(story, Story)
    assert "1,200 drivers" in story.text


def test_a_pdf_of_pictures_is_refused(tmp_path: Path) -> None:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(picture, "PNG")
    path = tmp_path / "scan.pdf"
    canvas = Canvas(str(path))
    canvas.drawImage(ImageReader(picture), 0, 0)
    canvas.showPage()
    canvas.save()
    assert read(path) == ReadFailure("scan.pdf", "This PDF has no text, only pictures; run it through OCR first.")


@pytest.mark.parametrize("content", [b"%PDF-1.7\n%%EOF", b"%PDF-1.4\n" + b"\x00\xff" * 500, b"no pdf at all", b"\x00"])
def test_a_damaged_pdf_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.pdf"
    path.write_bytes(content)
    result = read(path)
    assert isinstance(result, ReadFailure)
    assert result.error == "This PDF is damaged and cannot be read; save or download it anew."


def test_a_pdf_that_was_cut_off_never_raises(tmp_path: Path) -> None:
    data = make_pdf(tmp_path / "whole.pdf").read_bytes()
    for length in range(0, len(data), max(1, len(data) // 25)):
        path = tmp_path / "cut.pdf"
        path.write_bytes(data[:length])
        assert isinstance(read(path), Story | ReadFailure)


def test_reading_a_damaged_pdf_makes_no_noise(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "damaged.pdf"
    path.write_bytes(make_pdf(tmp_path / "whole.pdf").read_bytes()[:-200])
    with caplog.at_level(logging.WARNING):
        read(path)
    assert not [record for record in caplog.records if record.name.startswith("pypdf")]


def test_a_pdf_larger_than_100_megabytes_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.truncate(120 * 1024 * 1024)
    result = read(path)
    assert isinstance(result, ReadFailure)
    assert "120 MB" in result.error
    assert "100 MB" in result.error
