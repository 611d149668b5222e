import pytest

from index.shaping import detect_language, question_language

ENGLISH_QUESTIONS = [
    "How many prisoners are being exchanged?",
    "Who is Volodymyr Zelensky?",
    "Did Erdoğan meet Mitsotakis?",
    "Who won Eurovision in Malmö?",
    "What did the Bundesverfassungsgericht decide?",
    "When does the strike at Deutsche Bahn begin?",
    "Why did Elisabeth Borne resign?",
    "Is Zelensky in Ankara?",
    "Was Navalny poisoned?",
    "Will Macron dissolve the Assemblée nationale?",
    "Can Orbán veto the aid?",
    "Is Łódź safe?",
    "Is El Niño over?",
    "Where was Andrés Manuel López Obrador born?",
    "Which cities in Côte d'Ivoire were flooded?",
    "How much did Volkswagen pay in Wolfsburg?",
    "What happened in Königs Wusterhausen?",
    "Who leads the Rassemblement National?",
    "How old is Recep Tayyip Erdoğan?",
    "Are the Champs-Élysées closed to cars?",
    "Does Xi Jinping speak to Narendra Modi?",
    "What is the Partido Popular's plan for Cataluña?",
    "Tell me about the fire in Valparaíso",
    "Has Björn Höcke been fined?",
    "When is the Tour de France?",
    "How many people died in Derna, Libya?",
    "Bundesverfassungsgericht ruling?",
    "Rio de Janeiro floods dead",
    "Bank of Uganda rates?",
    "Los Angeles fires death toll?",
    "Mbappé to Real Madrid?",
    "Tesla Gigafactory Grünheide strike",
    "What does “Zeitenwende” mean?",
    "Who is 习近平?",
]

FOREIGN_QUESTIONS = [
    ("de", "Wie viele Gefangene werden ausgetauscht?"),
    ("de", "Wann beginnt der Streik?"),
    ("de", "Wer hat die Wahl gewonnen?"),
    ("de", "Warum trat der Minister zurück?"),
    ("fr", "Combien de prisonniers sont échangés ?"),
    ("fr", "Quand commence la grève ?"),
    ("fr", "Pourquoi le ministre a-t-il démissionné ?"),
    ("es", "¿Cuántos prisioneros serán intercambiados?"),
    ("es", "¿Cuándo empieza la huelga?"),
    ("es", "¿Por qué dimitió el ministro?"),
    ("ru", "Сколько пленных обменяют?"),
    ("ru", "Когда начнётся забастовка?"),
    ("uk", "Скільки полонених обміняють?"),
    ("uk", "Хто переміг на виборах?"),
    ("tr", "Kaç esir takas edilecek?"),
    ("tr", "Seçimi kim kazandı?"),
    ("zh", "有多少囚犯被交换？"),
    ("zh", "罢工什么时候开始？"),
    ("ar", "كم عدد السجناء الذين سيتم تبادلهم؟"),
]


@pytest.mark.parametrize("question", ENGLISH_QUESTIONS)
def test_english_questions_with_foreign_names_are_never_called_foreign(question: str) -> None:
    assert question_language(question) in ("en", None)


@pytest.mark.parametrize("question", [q for q in ENGLISH_QUESTIONS if q.split()[0] in ("How", "Who", "What", "When")])
def test_questions_with_an_english_question_word_are_english(question: str) -> None:
    assert question_language(question) == "en"


@pytest.mark.parametrize(("language", "question"), FOREIGN_QUESTIONS)
def test_questions_in_other_languages_are_recognised(language: str, question: str) -> None:
    assert question_language(question) == language


@pytest.mark.parametrize("question", ["", "   ", "?!", "1,000", "Zelenskyy", "Köln", "👍", "\x00", "\ud800"])
def test_what_is_too_short_to_tell_has_no_language(question: str) -> None:
    assert question_language(question) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The mayor said on Friday that the old bridge would stay closed until autumn."),
        ("de", "Die Bürgermeisterin sagte am Freitag, die alte Brücke bleibe bis zum Herbst gesperrt."),
        ("fr", "La maire a déclaré vendredi que le vieux pont resterait fermé jusqu’à l’automne."),
        ("ru", "Мэр сообщил в пятницу, что старый мост будет закрыт до осени."),
        ("uk", "Мер повідомив у п'ятницю, що старий міст буде закритий до осені."),
        ("zh", "市长周五表示，旧桥将关闭到秋天，市民需要绕行。"),
    ],
)
def test_the_language_of_a_story_is_detected(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "Ok.", "1,000 / 2,000 / 3,000 (2024)", "-- \n --", "\ud800" * 50])
def test_text_without_enough_letters_has_no_language(text: str) -> None:
    assert detect_language(text) is None


def test_capitals_do_not_change_the_language() -> None:
    assert detect_language("THE MAYOR SAID ON FRIDAY THAT THE OLD BRIDGE WOULD STAY CLOSED UNTIL AUTUMN.") == "en"
