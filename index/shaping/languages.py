"""Which language a text or a question is written in."""

import re
import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from index.errors import StorageError

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SAMPLE_CHARACTERS = 4_000
_MIN_LETTERS = 20
_MIN_LETTERS_IDEOGRAPHIC = 6
_TEXT_CERTAINTY = 0.5
_QUESTION_CERTAINTY = 0.55
_REST_CERTAINTY = 0.3
_SCRIPT_CERTAINTY = 0.3
# Written, the languages of China look alike in a short question.
_CHINESE = {"wuu": "zh", "yue": "zh", "hak": "zh", "gan": "zh"}

# Words that make a question English whatever names stand beside them. Words that other languages spell the same
# ("was", "will", "is", "in", "of", "do") are left out.
# fmt: off
_ENGLISH_WORDS = frozenset((
    "about", "after", "against", "and", "any", "are", "been", "before", "being", "between", "by", "did", "does",
    "for", "from", "give", "had", "has", "have", "he", "her", "his", "how", "it", "its", "many", "much", "she",
    "show", "tell", "that", "the", "their", "there", "these", "they", "this", "those", "were", "what", "when",
    "where", "which", "who", "whom", "whose", "why", "with", "you", "your",
))
# Words that only begin a question in another language (Spanish marks its own with ¿).
_FOREIGN_QUESTION_WORDS = frozenset((
    "combien", "comment", "dlaczego", "dove", "gdzie", "hoeveel", "hur", "hvorfor", "hvornår", "ile", "ilu", "kaç",
    "kiedy", "neden", "när", "où", "perché", "pourquoi", "quand", "quando", "quantas", "quante", "quanti", "quanto",
    "quantos", "quel", "quelle", "quelles", "quels", "quem", "qui", "varför", "waarom", "wann", "wanneer", "warum",
    "welche", "welcher", "welches", "welke", "wer", "wie", "wieso", "wo",
))
# fmt: on
_WORD = re.compile(r"[^\W\d_]+")
_loading = threading.Lock()


def detect_language(text: str) -> str | None:
    """ISO 639-1 code of the language that `text` is in; None when it is too short or the language is uncertain.

    Looks at the first 4,000 characters. Languages without a two-letter code give None.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    if _letters(sample) < _MIN_LETTERS:
        return None
    language, certainty = _most_likely(sample)
    return language if certainty >= _TEXT_CERTAINTY and len(language) == 2 else None


def question_language(question: str) -> str | None:
    """ISO 639-1 code of the language that a question is asked in; None when that is not certain.

    Errs on the side of None: an English question full of foreign names is never taken for a foreign one, so a foreign
    question of two or three words may be None.
    """
    question = question[:_SAMPLE_CHARACTERS]
    words = _WORD.findall(question)
    if not words:
        return None
    if not _is_mostly_latin(words):
        return _by_script(question)
    if any(word.casefold() in _ENGLISH_WORDS for word in words):
        return "en"
    language, certainty = _most_likely(question)
    if certainty < _QUESTION_CERTAINTY or len(language) != 2:
        return None
    if language == "en":
        return language
    if words[0].casefold() in _FOREIGN_QUESTION_WORDS or "¿" in question:
        return language
    # Names are foreign in English questions too: what is left without capitals must say the same.
    plain = " ".join(word for word in words if word.islower())
    rest, rest_certainty = _most_likely(plain) if plain else ("", 0.0)
    return language if rest == language and rest_certainty >= _REST_CERTAINTY else None


def _is_mostly_latin(words: list[str]) -> bool:
    letters = "".join(words)
    return 2 * sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters) > len(letters)


def _by_script(question: str) -> str | None:
    """Other alphabets are shared by few languages, so little certainty is enough."""
    language, certainty = _most_likely(question)
    language = _CHINESE.get(language, language)
    return language if certainty >= _SCRIPT_CERTAINTY and len(language) == 2 else None


def _letters(text: str) -> int:
    """Letters in `text`, an ideograph counting for several since it carries as much as a word."""
    weight = _MIN_LETTERS // _MIN_LETTERS_IDEOGRAPHIC + 1
    return sum(weight if unicodedata.category(letter) == "Lo" else 1 for letter in text if letter.isalpha())


def _most_likely(text: str) -> tuple[str, float]:
    language, certainty = _identifier().classify(text)
    return str(language), float(certainty)


def _identifier() -> "LanguageIdentifier":
    with _loading:
        return _load_identifier()


@cache
def _load_identifier() -> "LanguageIdentifier":
    # Imported here: it takes half a second that a command which reads no story need not wait for.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as error:  # it unpacks some megabytes among the temporary files
        raise StorageError(
            f"Temporary files cannot be written ({error.strerror}); make room, or set TMPDIR to another folder."
        ) from error
