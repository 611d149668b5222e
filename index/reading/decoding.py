"""Bytes of a file -> text, whatever encoding they are in."""

import codecs
import re
from collections.abc import Callable

from charset_normalizer import from_bytes

from index.errors import ReadingError
from index.shaping import detect_language

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16, whose mark is the beginning of this one.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_BEGINNINGS = (
    b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"\xd0\xcf\x11\xe0",
    b"Rar!", b"7z\xbc\xaf", b"RIFF", b"ID3", b"SQLite format 3\x00", b"BZh", b"\xfd7zXZ", b"OggS", b"MZ\x90",
)  # fmt: skip
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
_MAX_CONTROL_SHARE = 0.02
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}",
)
_HIGH_BYTES = bytes(range(0x80, 0x100))
# With fewer bytes beyond ASCII there is nothing to tell encodings apart by: the text is Western, with an accent or
# a typographic quote here and there.
_WESTERN_SHARE = 0.03
_WESTERN_BYTES = 4
# The encodings in which news was published before UTF-8; without the list, rare ones are taken for them.
_EIGHT_BIT_ENCODINGS = [
    "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r", "koi8_u", "iso8859_2",
    "iso8859_5", "iso8859_9", "mac_roman", "shift_jis", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp949",
]  # fmt: skip
_LATIN_ENCODINGS = frozenset({"cp1252", "cp1250", "cp1254", "cp1257", "iso8859_2", "iso8859_9"})
_CENTRAL_EUROPEAN = frozenset({"pl", "cs", "sk", "hu", "sl", "hr", "bs", "ro", "sq"})


def decode(data: bytes) -> str:
    """The text of `data`, without a byte-order mark.

    UTF-8, UTF-16 and UTF-32 with a byte-order mark, else UTF-8, else the 8-bit or East Asian encoding that the bytes
    look like. Bytes that do not fit in a text that is UTF-8 for the most part are read as Windows-1252; what no
    encoding explains becomes U+FFFD. Raises ReadingError for what is not text.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            body = data[len(mark) :]
            return _decode_utf8(body) if encoding == "utf-8" else body.decode(encoding, errors="replace")
    refuse_binary(data)
    return _decode_utf8(data)


def refuse_binary(data: bytes) -> None:
    """Raise ReadingError when `data` cannot be text in an encoding that is written without a byte-order mark."""
    control = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if data.startswith(_BINARY_BEGINNINGS) or b"\x00" in data or control > _MAX_CONTROL_SHARE * len(data):
        raise ReadingError("This looks like a binary file, not text; give the story as text, HTML, PDF or JSON.")


def _decode_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    rest = _MULTIBYTE.sub(b"", data)
    strays = len(rest) - len(rest.translate(None, _HIGH_BYTES))
    if (len(data) - len(rest)) // 2 > strays:
        return data.decode("utf-8", errors=_WESTERN_STRAYS)
    if strays <= max(_WESTERN_BYTES, _WESTERN_SHARE * len(data)):
        return data.decode("cp1252", errors="replace")
    return data.decode(_eight_bit_encoding(data), errors="replace")


def _eight_bit_encoding(data: bytes) -> str:
    """The encoding that the bytes look like; between the Latin ones, whose letters look alike, the language decides."""
    best = from_bytes(data, cp_isolation=_EIGHT_BIT_ENCODINGS).best()
    if best is not None and best.encoding not in _LATIN_ENCODINGS:
        return best.encoding
    # A few wrong letters do not hide a language.
    language = detect_language(data.decode("cp1252", errors="replace"))
    if language in _CENTRAL_EUROPEAN:
        # Windows-1250 has letters where ISO 8859-2 has nothing.
        return "iso8859_2" if data == data.translate(None, bytes(range(0x80, 0xA0))) else "cp1250"
    return best.encoding if best is not None and language == "tr" else "cp1252"


def _read_strays_as_western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


_WESTERN_STRAYS = "storydesk-western-strays"
_handler: Callable[[UnicodeError], tuple[str, int]] = _read_strays_as_western
codecs.register_error(_WESTERN_STRAYS, _handler)
