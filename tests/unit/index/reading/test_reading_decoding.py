import codecs

import pytest

from index.errors import ReadingError
from index.reading.decoding import decode

ENGLISH = "The mayor’s office said the café would close – “for good.” It had served coffee for 30 years."
GERMAN = "Der Bürgermeister erklärte, dass die Brücke über den Fluss für Jahre gesperrt bleibe, sagte ein Sprecher."
FRENCH = "Le maire a déclaré vendredi que la grève était terminée, après l’accord signé à l’hôtel de ville."
POLISH = "Burmistrz powiedział w piątek, że most zostanie zamknięty na początku października z powodu zagrożeń."
RUSSIAN = "Мэр сообщил в пятницу, что старый мост будет закрыт до осени. Объезд займёт около часа."
UKRAINIAN = "Мер повідомив у п'ятницю, що старий міст буде закритий до осені. Об'їзд триватиме годину."
GREEK = "Ο δήμαρχος δήλωσε την Παρασκευή ότι η γέφυρα θα κλείσει για επισκευές."
TURKISH = "Belediye başkanı cuma günü köprünün onarım için kapatılacağını söyledi; şoförler yönlendirildi."
JAPANESE = "市長は金曜日に橋が修理のために閉鎖されると発表した。"
CHINESE = "市长周五表示，大桥将因维修而关闭。记者报道。"


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, CHINESE, "", "a\r\nb\rc\n", "\u2028 \u00a0"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_unicode_is_read_exactly_and_its_mark_dropped(text: str, mark: bytes, encoding: str) -> None:
    assert decode(mark + text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ENGLISH, "cp1252"),
        ("It cost £5, the café said.", "cp1252"),
        (GERMAN, "cp1252"),
        (GERMAN, "latin-1"),
        (FRENCH, "cp1252"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (UKRAINIAN, "cp1251"),
        (GREEK, "cp1253"),
        (TURKISH, "cp1254"),
        (JAPANESE, "shift_jis"),
        (CHINESE, "gb18030"),
    ],
)
def test_older_encodings_are_recognised(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_utf8_with_a_few_bytes_of_another_encoding_keeps_both() -> None:
    data = f"{ENGLISH} {RUSSIAN} ".encode() + "A paragraph pasted from elsewhere: “naïve café” – £5.".encode("cp1252")
    assert decode(data) == f"{ENGLISH} {RUSSIAN} A paragraph pasted from elsewhere: “naïve café” – £5."


def test_a_stray_byte_that_no_encoding_explains_does_not_lose_the_text() -> None:
    data = RUSSIAN.encode() + b" \x9d " + ENGLISH.encode()
    assert decode(data) == f"{RUSSIAN} \ufffd {ENGLISH}"


def test_utf8_that_was_cut_in_the_middle_of_a_character_is_still_utf8() -> None:
    assert decode((RUSSIAN * 3).encode()[:-1]).startswith(RUSSIAN * 2)


def test_a_broken_character_in_utf16_does_not_lose_the_text() -> None:
    data = codecs.BOM_UTF16_LE + RUSSIAN.encode("utf-16-le") + b"\x00\xd8" + ENGLISH.encode("utf-16-le")
    assert decode(data).startswith(RUSSIAN)
    assert decode(data).endswith(ENGLISH[1:])


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"%PDF-1.7\nthe rest",
        b"PK\x03\x04 a zipped document",
        b"text\x00with\x00zeros",
        bytes(range(256)) * 4,
        b"\x01\x02\x03" * 100,
        b"\x1f\x8b\x08 compressed",
    ],
)
def test_what_is_not_text_is_refused(data: bytes) -> None:
    with pytest.raises(ReadingError, match="looks like a binary file"):
        decode(data)
