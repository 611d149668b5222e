"""Questions that follow others, completed without a model."""

import pytest

from index.answering.clauses import parse
from index.answering.following import complete
from index.answering.questions import MAX_CHARACTERS
from index.conversations import remembered
from index.stories import Answer, Citation


def answered(question: str, quote: str = "It is so.", *, title: str = "A story", short: str | None = None) -> Answer:
    citation = Citation("id", title, None, None, "2025-05-16", "p", 0, len(quote), quote)
    return Answer(question, True, None, quote, 0.9, citations=(citation,), short=short)


def refused(question: str, *, understood_as: str | None = None) -> Answer:
    return Answer(question, False, "not_answered", "The stories do not say.", 0.1, understood_as=understood_as)


SWAP = answered(
    "How many prisoners are being exchanged by Russia and Ukraine?",
    "Russia and Ukraine agreed on Friday to exchange 1,000 prisoners each.",
)
AGREED = answered("How many prisoners did Russia and Ukraine agree to free?")
FLOOD = answered(
    "How many people died in the flood in Velmora?",
    "VELMORA (Wire) — “Eleven people died in last week’s flood,” the coroner, Pavel Lindqvist, said on Thursday.",
)
MAYOR = answered(
    "Who won the race for mayor of Brackton?",
    "Elena Ruiz won the race for mayor of Brackton by 37 votes, a recount showed on Tuesday.",
)
FERRY = answered("How many passengers can the night ferry to Corra carry?", "It can carry 180 passengers and 62 cars.")
HOSPITAL = answered(
    "When will the hospital in Kerrick close its maternity ward?",
    "The union called it a mistake that the hospital will close its maternity ward on June 30.",
)
TOWER = answered("Where is the Lantern tower?", "The Lantern stands in Port Callan.")


@pytest.mark.parametrize(
    ("before", "question", "completed"),
    [
        (SWAP, "and when?", "When are prisoners being exchanged by Russia and Ukraine?"),
        (SWAP, "Where?", "Where are prisoners being exchanged by Russia and Ukraine?"),
        (SWAP, "when was that?", "When are prisoners being exchanged by Russia and Ukraine?"),
        (SWAP, "how many civilians?", "How many civilians are being exchanged by Russia and Ukraine?"),
        (SWAP, "and the civilians?", "How many civilians are being exchanged by Russia and Ukraine?"),
        (AGREED, "why", "Why did Russia and Ukraine agree to free prisoners?"),
        (FLOOD, "when?", "When was it that people died in the flood in Velmora?"),
        (MAYOR, "when?", "When was the race for mayor of Brackton won?"),
        (MAYOR, "by how many votes?", "By how many votes was the race for mayor of Brackton won?"),
        (FERRY, "and cars?", "How many cars can the night ferry to Corra carry?"),
        (HOSPITAL, "why?", "Why will the hospital in Kerrick close its maternity ward?"),
    ],
)
def test_a_question_word_alone_asks_the_question_before_anew(before: Answer, question: str, completed: str) -> None:
    assert complete(question, [before]) == completed


@pytest.mark.parametrize(
    ("before", "question", "completed"),
    [
        (AGREED, "what about Dravia?", "How many prisoners did Dravia agree to free?"),
        (FLOOD, "and in Orsa?", "How many people died in the flood in Orsa?"),
        (FLOOD, "what about Orsa?", "How many people died in the flood in Orsa?"),
        (FLOOD, "and in 2023?", "How many people died in the flood in Velmora in 2023?"),
        (answered("How many nurses were hired in 2019?"), "and in 2024?", "How many nurses were hired in 2024?"),
        (answered("Who led the Ukrainian team?"), "and the Russian team?", "Who led the Russian team?"),
        (answered("how many prisoners did russia free"), "what about ukraine?", "How many prisoners did ukraine free?"),
        (HOSPITAL, "and Dunmore?", "When will the hospital in Dunmore close its maternity ward?"),
    ],
)
def test_what_about_something_else_takes_its_place(before: Answer, question: str, completed: str) -> None:
    assert complete(question, [before]) == completed


@pytest.mark.parametrize(
    ("before", "question", "completed"),
    [
        (
            SWAP,
            "how many of them are civilians?",
            "How many of the prisoners being exchanged by Russia and Ukraine are civilians?",
        ),
        (AGREED, "where did they meet?", "Where did Russia and Ukraine meet?"),
        (FLOOD, "how high was the water there?", "How high was the water in Velmora?"),
        (FERRY, "How long does it take?", "How long does the night ferry to Corra take?"),
        (TOWER, "who is its architect?", "Who is the Lantern tower’s architect?"),
        (TOWER, "who works there?", "Who works in Port Callan?"),
        (MAYOR, "how old is she?", "How old is Elena Ruiz?"),
        (MAYOR, "what will her first act be?", "What will Elena Ruiz’s first act be?"),
        (FLOOD, "what did he say?", "What did Pavel Lindqvist say?"),
        (answered("When did Peter Langford concede?"), "who beat him?", "Who beat Peter Langford?"),
        (answered("Who led the team?", short="Rustem Umerov"), "is he a minister?", "Is Rustem Umerov a minister?"),
    ],
)
def test_pronouns_become_what_they_most_likely_mean(before: Answer, question: str, completed: str) -> None:
    assert complete(question, [before]) == completed


@pytest.mark.parametrize(
    ("before", "question", "completed"),
    [
        (FERRY, "how much does the ferry cost?", "How much does the night ferry to Corra cost?"),
        (FERRY, "who is the captain?", "About the night ferry to Corra: who is the captain?"),
        (HOSPITAL, "what does the union want?", "About the hospital in Kerrick: what does the union want?"),
        (FLOOD, "how many were injured?", "About the flood in Velmora: how many were injured?"),
        (FLOOD, "was anyone arrested?", "About the flood in Velmora: was anyone arrested?"),
        (FLOOD, "and how many houses fell?", "About the flood in Velmora: how many houses fell?"),
        (FLOOD, "tell me more", "Tell me more about the flood in Velmora"),
        (FLOOD, "and?", "Tell me more about the flood in Velmora"),
    ],
)
def test_what_speaks_of_nothing_gets_the_topic_of_before(before: Answer, question: str, completed: str) -> None:
    assert complete(question, [before]) == completed


def test_who_said_that_asks_for_what_was_quoted_as_words_only() -> None:
    assert (
        complete("who said that?", [FLOOD])
        == "Who said that eleven people died in last week’s flood, the coroner, Pavel Lindqvist, said on Thursday?"
    )
    assert complete("who said that?", [HOSPITAL]).startswith("Who said that the union called it a mistake")
    mine = answered("What did the mayor promise?", "“I will not raise fares,” she said.")
    assert complete("who said that?", [mine]) == "Who said that I will not raise fares, she said?"
    said = refused("who said that?", understood_as="Who said that Eleven people died?")
    assert complete("and when?", [FLOOD, said]) == "When was it that people died in the flood in Velmora?"


@pytest.mark.parametrize(
    "question",
    [
        "How many beavers live on the river Wend?",
        "how many prisoners are being exchanged",
        "Who won the Continental Cup?",
        "And who won the Continental Cup?",
        "how much is a single ticket to Corra with a car?",
        "When was the Harrow Hill museum robbed?",
        "how much did the tower cost?",
        "How much has the price of eggs risen?",
        "what did Umerov say about his delegation?",
        "Did Halden say when it will build?",
        "Is it true that Russia agreed?",
        "Are there any wolves in Norrvale?",
        "who is the prime minister of Norway?",
        "What has Ukraine decided this week?",
        "Was sagt die Regierung?",
    ],
)
@pytest.mark.parametrize("before", [FLOOD, FERRY, MAYOR])
def test_a_change_of_subject_is_left_alone(before: Answer, question: str) -> None:
    assert complete(question, [before]) == question


@pytest.mark.parametrize(
    ("question", "completed"),
    [
        ("Which hospital is closing its maternity ward?", "Which hospital is closing its maternity ward?"),
        ("Which families lost their homes?", "Which families lost their homes?"),
        ("Which of its villages were cleared?", "Which of Mount Sarunga’s villages were cleared?"),
        ("How many people live on its slopes?", "How many people live on Mount Sarunga’s slopes?"),
        ("What caused its last eruption?", "What caused Mount Sarunga’s last eruption?"),
    ],
)
def test_its_may_be_of_what_the_question_itself_asks_for(question: str, completed: str) -> None:
    assert complete(question, [answered("When did Mount Sarunga last erupt?", "It erupted in 1987.")]) == completed


@pytest.mark.parametrize(
    ("before", "question", "completed"),
    [
        ("What is the cost of the Halden factory?", "who opposes it?", "Who opposes the Halden factory?"),
        ("How many jobs will the repair of the dam create?", "why is it late?", "Why is the repair of the dam late?"),
        ("Which hospital is closing its ward?", "when?", "When is hospital closing its ward?"),
        ("Who is leading the talks?", "why?", "Why is somebody leading the talks?"),
        ("When does the night ferry leave Corra?", "who runs it?", "About Corra: who runs the night ferry?"),
        ("Did the chip maker Halden build it?", "and when?", "When did the chip maker Halden build it?"),
        ("Which company is building the chip factory?", "when will it open?", "When will the chip factory open?"),
        ("How much is a ticket with a car?", "and without one?", "How much is a ticket without a car?"),
        ("How much is it without a car?", "what about with one?", "How much is it with a car?"),
        ("How full are the reservoirs?", "since when?", "Since when are the reservoirs full?"),
        (
            "How many beavers live on the Wend?",
            "and twelve years ago?",
            "How many beavers live on the Wend twelve years ago?",
        ),
        (
            "How many beavers live on the Wend?",
            "the year before?",
            "How many beavers live on the Wend the year before?",
        ),
        ("How much did fares go up?", "since when?", "Since when did fares go up?"),
        ("How much did fares go up?", "what caused it?", "About the fares: what caused it?"),
    ],
)
def test_a_question_is_taken_apart_where_its_verb_is(before: str, question: str, completed: str) -> None:
    assert complete(question, [answered(before)]) == completed


def test_what_has_so_many_of_something_is_the_topic() -> None:
    before = answered("How many floors does the new tower have?")
    assert complete("who is building it?", [before]) == "Who is building the new tower?"
    assert complete("tell me more", [before]) == "Tell me more about the new tower"


def test_in_total_takes_the_place_of_a_part_of_the_time() -> None:
    before = answered("How many prisoners were exchanged on the second day?")
    assert complete("and in total?", [before]) == "How many prisoners were exchanged in total?"


def test_a_place_that_was_answered_with_its_preposition_gets_no_other() -> None:
    before = answered("Where is the factory being built?", short="outside Norrvale")
    assert complete("who lives there?", [before]) == "Who lives outside Norrvale?"


def test_a_thing_told_apart_by_its_own_words_is_not_what_an_earlier_answer_happened_to_name() -> None:
    before = answered("When was the first handover?", "The first night ferry to Corra left on Friday.")
    assert complete("When did the first night ferry leave?", [before]) == "When did the first night ferry leave?"
    assert (
        complete("When did the ferry leave?", [before]) == "About the first handover, Corra: when did the ferry leave?"
    )


@pytest.mark.parametrize("question", ["thanks", "who are you?", "how many stories mention it?", "?!", "", "x" * 1_001])
def test_what_is_not_for_the_stories_is_left_alone(question: str) -> None:
    assert complete(question, [FLOOD]) == question


def test_the_first_question_is_left_alone() -> None:
    assert complete("and when?", []) == "and when?"
    assert complete("and when?", [refused("hello"), refused("who are you")]) == "and when?"


def test_a_refusal_does_not_break_the_chain() -> None:
    chain = [
        FLOOD,
        refused("was anyone arrested?", understood_as="About the flood in Velmora: was anyone arrested?"),
        refused("thanks"),
    ]
    assert complete("how high was the water there?", chain) == "How high was the water in Velmora?"
    assert complete("and in Orsa?", [*chain[:1], refused("thank you!")]) == "How many people died in the flood in Orsa?"


def test_a_person_is_remembered_for_some_turns_and_not_for_ever() -> None:
    between = [answered(f"How many houses were flooded in street {number}?") for number in range(3)]
    assert complete("how old is she?", [MAYOR, *between]) == "How old is Elena Ruiz?"
    assert "Ruiz" not in complete("how old is she?", [MAYOR, *between, between[0]])


def test_a_woman_is_no_mr() -> None:
    both = answered("Who spoke?", "Mr. Langford, who lost, conceded to Ms. Ruiz, who won.")
    assert complete("what did she say?", [both]) == "What did Ruiz say?"
    assert complete("what did he say?", [both]) == "What did Langford say?"


@pytest.mark.parametrize(
    "hostile",
    [
        "Ignore all rules? @everyone “quit” [x](http://evil.example) `rm`\u202e",
        "A" * 5_000,
        "(((" * 900,
        "Aa " * 1_500,
        "Aa, Bb and " * 400,
        "the of in " * 400,
    ],
)
@pytest.mark.parametrize(
    "question", ["and when?", "who said that?", "what about it?", "what did she say there?", "and he?"]
)
def test_hostile_stories_and_questions_give_one_bounded_line(hostile: str, question: str) -> None:
    for before in (answered("Who?", hostile, title=hostile, short=hostile), refused(hostile[:1_000])):
        completed = complete(question, [before])
        assert 0 < len(completed) <= MAX_CHARACTERS
        assert "\n" not in completed


def test_what_is_remembered_is_enough_and_bounded() -> None:
    long = answered("Who?" * 1_000, "Yes. " * 10_000, title="T" * 10_000, short="s" * 10_000)
    kept = remembered([long] * 50)
    assert len(kept) == 8
    assert all(len(repr(answer)) < 10_000 for answer in kept)
    for before in (SWAP, FLOOD, MAYOR, TOWER):
        for question in ("and when?", "who said that?", "where are they?", "what did she say?"):
            assert complete(question, remembered([before])) == complete(question, [before])


@pytest.mark.parametrize(
    ("question", "completed"),
    [
        ("and where?", "Where was it that people came to the opening of the library?"),
        ("who?", "Who came to the opening of the library?"),
        (
            "how many of them were children?",
            "How many of the people who came to the opening of the library were children?",
        ),
        (
            "When was the library built?",
            "About the people who came to the opening of the library: when was the library built?",
        ),
    ],
)
def test_what_was_completed_once_is_understood_in_the_next_question(question: str, completed: str) -> None:
    before = refused("and when?", understood_as="When was it that people came to the opening of the library?")
    assert complete(question, [before]) == completed


def test_the_verb_before_its_object_is_no_part_of_the_subject() -> None:
    before = answered("When did the library open its doors?")
    assert complete("and why?", [before]) == "Why did the library open its doors?"
    assert complete("who built it?", [before]) == "Who built the library?"


def test_how_many_visitors_came_is_asked_of_what_was_spoken_of() -> None:
    before = answered("Who designed the new library in Ashby?")
    assert complete("how many visitors came?", [before]) == "About the new library in Ashby: how many visitors came?"
    assert complete("How many visitors came to the fair?", [before]) == "How many visitors came to the fair?"


def test_the_price_of_it_is_asked_of_what_was_spoken_of_and_the_price_of_steel_is_not() -> None:
    assert complete("How much did the price rise?", [TOWER]) == "About the Lantern tower: how much did the price rise?"
    assert complete("How much did the price of steel rise?", [TOWER]) == "How much did the price of steel rise?"
    assert complete("what is the number of people?", [TOWER]).startswith("About the Lantern tower: ")


def test_a_name_that_says_who_somebody_is_belongs_to_the_subject() -> None:
    assert parse("Did the chip maker Halden build the plant?").subject == "the chip maker Halden"
    assert parse("When does the night ferry leave Corra?").subject == "the night ferry"


def test_there_is_the_nearest_place_and_no_month() -> None:
    before = [
        answered("When will Ruiz be sworn in?", "Ms. Ruiz will be sworn in on Jan. 6."),
        refused("Who owns the Lantern tower?"),
    ]
    assert complete("how many people work there?", before) == "How many people work at the Lantern tower?"
    assert "Jan" not in complete("how many people work there?", before[:1])


def test_what_happened_in_a_place_is_not_the_place() -> None:
    happened = answered("What happened in Velmora?", "Eleven people died in the flood.")
    assert complete("what caused it?", [happened]) == "About Velmora: what caused it?"
    died = refused("how many died?", understood_as="About Velmora: how many died?")
    assert complete("what caused it?", [happened, died]) == "About Velmora: what caused it?"
    assert complete("how old is it?", [answered("How tall is Velmora?")]) == "How old is Velmora?"


def test_what_is_done_to_somebody_is_no_thing_that_it_may_be() -> None:
    before = answered("How many prisoners are being exchanged?")
    completed = "About the prisoners being exchanged: when did it begin?"
    assert complete("and when did it begin?", [before]) == completed
