import pytest

from index.shaping import paragraphs, sentences
from index.shaping.sentences import clause_around, sentence_spans

# " | " marks every place where a sentence ends and another begins.
ENGLISH = [
    "The U.S. economy grew by 2.4%. | Inflation fell to 3.1% in the U.S. | The bank held its rates.",
    "About 1,000 prisoners were freed. | Talks resume at 5 p.m. Friday in the port. | Nobody was hurt.",
    "The gates open at 9 a.m. Monday. | They close at 6 p.m. | The market moves in June.",
    "Approx. 3.5% of voters stayed at home. | Sen. Smith, D-N.Y., said so. | Rep. Jones (R-Tex.) disagreed.",
    '"We are ready," she said. | "It is over." | He left.',
    "He said: “It is over.” | Then he left. | (This is a note.) | More came.",
    "He said “no.” | She said ‘yes.’ | They left.",
    '"Is it over?" she asked. | Nobody answered.',
    "J. K. Rowling wrote it. | J.R.R. Tolkien did not. | George W. Bush came too.",
    "Dr. Reed met Mrs. Jones. | No. 10 Downing St. was closed. | They waited.",
    "He lives at 12 Main St. | The house is old.",
    "Lt. Gen. McMaster spoke. | Lt. Gen. H.R. McMaster left. | Adm. Kirby stayed. | Maj. Gen. Ivanova agreed.",
    "He is the man she met. | Dr. Who? | Nobody knew. | She had said so. | Prof. Lee was there.",
    "Gov. Gavin Moss, Gen. Mark Hill and Adm. John Kirby met. | It rained.",
    "Acme Inc. said profits rose. | It bought Brick Inc. | The deal closed. | Wheel Motor Co. shares fell.",
    "On Jan. 5 the court ruled. | In Feb. 2023 it closed. | The case Smith v. Jones ended.",
    "What now? | Nobody knows! | Really... maybe. | Well… | The end.",
    "The E.U. and the U.N. agreed. | She has an M.B.A. from Yale. | He works in Washington, D.C. | It is hot there.",
    "The St. Louis club beat the L.A. Dodgers 5-3. | Mt. Everest is tall. | Ft. Worth is not.",
    "It cost $1.5 million. | Yahoo! said so. | The firm makes the show Jeopardy! and others.",
    "See www.example.com. | Write to news@example.com today. | Thanks.",
    "The ship left the port. | Nobody was hurt. | It was the best reporter. | “We all met.” | Grace agreed.",
    "The club of non-U.S. citizens met. | It was Roe vs. Wade again. | The church of St. Mary burned.",
    "The talks began at 9 a.m. on Monday. | They cost 3.5 bn. euros.",
    "He was the last. | Mr. Hall, 54, was born in St. Ives. | His sister was not.",
]


def split(text: str, language: str | None = "en") -> list[str]:
    return [text[start:end] for start, end in sentences(text, language=language)]


@pytest.mark.parametrize("marked", ENGLISH)
def test_english_sentences_end_where_a_reader_sees_their_end(marked: str) -> None:
    expected = marked.split(" | ")
    assert split(" ".join(expected)) == expected


def test_the_table_of_traps_is_large_enough_to_notice_a_worse_splitter() -> None:
    assert sum(marked.count(" | ") for marked in ENGLISH) >= 35


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("de", "Am 5. Mai kam Dr. Müller nach Berlin. | Er sagte: „Es ist vorbei.“ | Dann ging er."),
        ("fr", "La grève est finie. | Il a dit : « C’est tout. » | Puis il est parti."),
        ("es", "La huelga terminó. | ¿Quién lo dijo? | Nadie lo sabe."),
        ("ru", "Мост закрыт. | Мэр сказал: «Это надолго». | Люди ждут."),
        ("xx", "A language without rules of its own. | It is still split."),
    ],
)
def test_other_languages_are_split_by_their_own_rules(language: str, marked: str) -> None:
    expected = marked.split(" | ")
    assert split(" ".join(expected), language) == expected


def test_chinese_sentences_need_no_spaces() -> None:
    assert split("桥今天关闭。市长说：“需要很久。”人们在等。", "zh") == [
        "桥今天关闭。",
        "市长说：“需要很久。”",
        "人们在等。",
    ]


def test_text_without_a_known_language_is_read_like_english() -> None:
    text = "Dr. Reed met Mrs. Jones. They waited."
    assert sentences(text, language=None) == sentences(text, language="en")


@pytest.mark.parametrize("line_break", ["\n\n", "\n \n", "\r\n\r\n", "\n", "\r\n", "\u2029"])
def test_a_heading_without_a_full_stop_does_not_run_into_the_next_line(line_break: str) -> None:
    assert split(f"The Bridge Is Closed{line_break}The mayor said so. He left.") == [
        "The Bridge Is Closed",
        "The mayor said so.",
        "He left.",
    ]


def test_a_sentence_of_a_hard_wrapped_text_goes_over_its_line_breaks() -> None:
    text = "The mayor of the town said on Friday that the\nold bridge would stay closed. Nobody\nwas surprised."
    assert split(text) == [
        "The mayor of the town said on Friday that the\nold bridge would stay closed.",
        "Nobody\nwas surprised.",
    ]


@pytest.mark.parametrize("text", ["", "  \n\t\n ", "\u00a0"])
def test_text_without_words_has_no_sentences(text: str) -> None:
    assert sentences(text) == []
    assert paragraphs(text) == []


def test_spans_point_into_the_text_without_white_space_at_their_ends() -> None:
    text = "  One came.   Two left. \n\n\t Three stayed.  "
    spans = sentences(text)
    assert [text[start:end] for start, end in spans] == ["One came.", "Two left.", "Three stayed."]
    assert spans == sorted(spans)


def test_a_single_paragraph_keeps_its_line_breaks_inside_sentences() -> None:
    paragraph = "One came\nlate. Two left."
    assert [paragraph[start:end] for start, end in sentence_spans(paragraph)] == ["One came\nlate.", "Two left."]


@pytest.mark.parametrize(
    ("part", "clause"),
    [
        ("Friday", " will begin on Friday"),
        ("Tuesday", "Voters on Tuesday backed a strike "),
        ("Narva", " said Ada Lind of Narva."),
        ("Oslo", "Voters on Tuesday backed a strike that will begin on Friday, said Ada Lind of Narva."),
    ],
)
def test_a_clause_is_what_stands_between_marks_and_joining_words(part: str, clause: str) -> None:
    sentence = "Voters on Tuesday backed a strike that will begin on Friday, said Ada Lind of Narva."
    assert clause_around(part, sentence) == clause
