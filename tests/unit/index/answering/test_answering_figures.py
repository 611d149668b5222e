"""Numbers with their units, and dates, in sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answering.figures import counts_the_same, dates, fits, quantities, singular
from index.answering.questions import understand


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Both agreed to exchange 1,000 prisoners each amid talks.", [("1,000 prisoners each", 1000, "prisoners")]),
        ("a swap of 1,000 prisoners from each side", [("1,000 prisoners from each side", 1000, "prisoners")]),
        ("a comprehensive 30-day truce", [("30-day", 30, "day")]),
        ("to free 1,000 of our people", [("1,000 of our people", 1000, "people")]),
        ("At least 74 people have died.", [("At least 74 people", 74, "people")]),
        ("about €84 million was lost", [("about €84 million", 84e6, "EUR")]),
        ("a fine of £5m", [("£5m", 5e6, "GBP")]),
        ("US$1.2bn in aid", [("US$1.2bn", 1.2e9, "USD")]),
        ("a wall 5 m high", [("5 m", 5, "m")]),
        ("4.5 percent of staff and 12% of beds", [("4.5 percent", 4.5, "%"), ("12%", 12, "%")]),
        (
            "two dozen boats and twenty-five buses",
            [("two dozen boats", 24, "boats"), ("twenty-five buses", 25, "buses")],
        ),
        ("half a million dollars", [("half a million dollars", 500_000, "USD")]),
        ("three hundred and ten homes", [("three hundred and ten homes", 310, "homes")]),
        ("The crowd of 61,240 saw Lorano win.", [("61,240", 61240, "win")]),
        ("one of them, the biggest one", []),
        ("one boat", [("one", 1, "boat")]),
        ("Three in five of the dead were children.", [("Three in five", 60, "%")]),
        (
            "Nearly one in four voters, 25 percent, stayed home.",
            [("Nearly one in four", 25, "%"), ("25 percent", 25, "%")],
        ),
        ("It strikes 1 in every 1,000 babies.", [("1 in every 1,000", 0.1, "%")]),
        ("Two people died in three days.", [("Two people", 2, "people"), ("three days", 3, "days")]),
        ("Three in five days is too many.", [("Three", 3, None), ("five days", 5, "days")]),
        ("1 in 5 million", [("1", 1, None), ("5 million", 5e6, None)]),
        (
            "Two in 2023 and five in two villages",
            [("Two", 2, None), ("five", 5, None), ("two villages", 2, "villages")],
        ),
        ("It needs three hours and 20 minutes.", [("three hours and 20 minutes", 3.3333, "hours")]),
        ("He ran 4 hours 12 minutes.", [("4 hours 12 minutes", 4.2, "hours")]),
        ("after two years and three months", [("two years and three months", 2.25, "years")]),
        ("20 minutes and three hours", [("20 minutes", 20, "minutes"), ("three hours", 3, "hours")]),
        ("three hours and 20 boats", [("three hours", 3, "hours"), ("20 boats", 20, "boats")]),
        ("widened from five kilometres to nine.", [("five kilometres", 5, "kilometres"), ("nine", 9, "kilometres")]),
        ("She has 911 votes to 874 for him.", [("911 votes", 911, "votes"), ("874", 874, "votes")]),
        ("They gave 40 books to 12 schools.", [("40 books", 40, "books"), ("12 schools", 12, "schools")]),
        ("nothing to count here", []),
    ],
)
def test_numbers_with_their_units(sentence: str, expected: list[tuple[str, float, str]]) -> None:
    found = [(sentence[each.start : each.end], each.value, each.unit) for each in quantities(sentence)]
    assert found == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "On May 6, 2025 they met.",
        "It broke at 3:40 a.m. there.",
        "In 1954 it rained.",
        "The 19th battalion came.",
        "v1.2.3",
    ],
)
def test_dates_times_and_ordinals_are_not_counted(sentence: str) -> None:
    assert quantities(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It opens on May 23, 2025 at noon.", ["May 23, 2025", "noon"]),
        ("on 23 May", ["23 May"]),
        ("They left on Friday, two days ago.", ["Friday", "two days ago"]),
        ("It fell in March and rose last week.", ["March", "last week"]),
        ("at 3:40 a.m. in 1954", ["3:40 a.m.", "1954"]),
        ("They may march on.", []),
    ],
)
def test_what_says_when(sentence: str, expected: list[str]) -> None:
    assert [sentence[start:end] for start, end in dates(sentence)] == expected


@pytest.mark.parametrize(
    ("question", "sentence", "fitting"),
    [
        ("how many prisoners are exchanged", "1,000 prisoners came in 3 hours for $5", ["1,000 prisoners"]),
        ("how much does a ticket cost", "62 cars fit, a ticket costs £24", ["£24"]),
        ("how much rain fell", "162 millimetres fell", ["162 millimetres"]),
        ("what percent of staff", "96 jobs, 4.5 percent of staff", ["4.5 percent"]),
        ("how long is the truce", "30-day truce for 1,000 people", ["30-day"]),
        ("how tall is the tower", "90 metres and 4 hours", ["90 metres"]),
        ("how old is she", "she is 59 and has 3 sons", ["59"]),
    ],
)
def test_which_numbers_suit_a_question(question: str, sentence: str, fitting: list[str]) -> None:
    asked = understand(question)
    assert [sentence[each.start : each.end] for each in quantities(sentence) if fits(each, asked)] == fitting


def test_the_same_thing_is_counted_by_its_word_in_singular_or_plural() -> None:
    asked = understand("how many cities were flooded?")
    assert [counts_the_same(each, asked) for each in quantities("one city, 20 cities, 20 towns")] == [True, True, False]
    assert [singular(word) for word in ("prisoners", "cities", "bus", "boss", "crisis")] == [
        "prisoner",
        "city",
        "bus",
        "boss",
        "crisis",
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("An estimated 40 to 60 homes burned.", [("An estimated 40 to 60 homes", 40, 60, "about")]),
        ("Between 40 and 60 homes burned.", [("Between 40 and 60 homes", 40, 60, "exact")]),
        ("It costs $3 to $5 million.", [("$3 to $5 million", 3e6, 5e6, "exact")]),
        ("They won 4-3.", [("4", 4, None, "exact"), ("3", 3, None, "exact")]),
        ("At least 50 people came, no more than 60 boats.", [
            ("At least 50 people", 50, None, "at_least"), ("no more than 60 boats", 60, None, "at_most"),
        ]),
        ("They handed over 390 people.", [("390 people", 390, None, "exact")]),
    ],
)  # fmt: skip
def test_ranges_and_how_firm_a_number_is(sentence: str, expected: list[tuple[str, float, float | None, str]]) -> None:
    found = [(sentence[each.start : each.end], each.value, each.upper, each.bound) for each in quantities(sentence)]
    assert found == expected


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("Eleven people died and not 14.", [11]),
        ("The fare was raised from £2 to £3.", [3]),
        ("Turnout was 58 percent, up from 49 percent.", [58]),
        ("Police had initially said 12 people were hurt; it was 10.", [10]),
        ("An earlier count of 14 was wrong; 11 died.", [11]),
        ("The toll fell by three to 11.", [11]),
        ("They widened the zone from five kilometres to nine.", [9]),
        ("They met earlier on Friday, and 14 people came.", [14]),
        ("Ruiz won the race for mayor by 37 votes, with 911 votes.", [911]),
        ("The first ferry in nine years left with 143 passengers.", [143]),
        ("The treaty was signed by 12 countries.", [12]),
        ("The tower has 214 meters and is the tallest in town by a good 60 meters.", [214]),
        ("This year's winner, older than the last by six years, is 41 years old.", [41]),
        ("It was the longest march by 300 people.", [300]),
    ],
)
def test_what_a_sentence_sets_aside_is_told_from_what_holds(sentence: str, kept: list[float]) -> None:
    assert [each.value for each in quantities(sentence) if not each.set_aside] == kept


def test_what_was_set_aside_answers_only_a_question_for_it() -> None:
    (eleven, fourteen) = quantities("Eleven people died and not 14 people.")
    now, before = understand("how many people died"), understand("how many people had died by the earlier count")
    assert [fits(each, now) for each in (eleven, fourteen)] == [True, False]
    assert fits(fourteen, before)
    [years] = quantities("The first night ferry in nine years left.")
    assert not fits(years, understand("how long does it take"))
    assert fits(years, understand("how long is it since the last one"))
    assert not fits(fourteen, understand("how old were the people"))


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Eggs rose from $3 to about $5 a dozen, which is 70 percent more.", ["about $5", "70 percent"]),
        ("Eggs rose to $5 a dozen.", []),
        ("The price of eggs rose by $2 in two years.", ["$2"]),
        ("Eggs are up 70 percent since last year.", ["70 percent"]),
        ("The report showed a 70 percent increase.", ["70 percent"]),
        ("Egg prices soared 39.8 percent.", ["39.8 percent"]),
        ("A dozen costs $5, up from $3.", ["$5"]),
        ("A dozen costs $5, or $60 for a crate.", []),
    ],
)
def test_how_much_something_changed_is_told_by_the_change(sentence: str, told: list[str]) -> None:
    for question in ("How much have eggs risen?", "By how much did prices go up?", "How much more expensive are eggs?"):
        asked = understand(question)
        assert [sentence[each.start : each.end] for each in quantities(sentence) if fits(each, asked)] == told


def test_money_that_is_raised_is_no_change() -> None:
    asked = understand("How much did the walk raise?")
    assert [fits(each, asked) for each in quantities("It raised $4,000, 20 percent more than before.")] == [True, False]


@pytest.mark.parametrize(
    ("question", "is_answer"),
    [
        ("How many votes did Ruiz get?", False),
        ("By how many votes did Ruiz win?", True),
        ("How many votes did Ruiz win by?", True),
        ("How many votes was the margin?", True),
    ],
)
def test_what_somebody_won_by_is_not_what_they_have(question: str, *, is_answer: bool) -> None:
    [margin] = quantities("Ruiz won by 37 votes.")
    assert fits(margin, understand(question)) is is_answer


@given(st.text(max_size=200))
def test_any_text_can_be_searched_for_numbers(text: str) -> None:
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text)
        assert quantity.value >= 0
    for start, end in dates(text):
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "sentence", ["Most of the dead were children under 10.", "People aged 65 may apply.", "Adults over 30 began."]
)
def test_an_age_is_no_number_of_people(sentence: str) -> None:
    (age,) = quantities(sentence)
    assert (age.unit, age.words) == ("years", ("years",))
    assert not fits(age, understand("How many children were injured?")) or not counts_the_same(
        age, understand("How many children were injured?")
    )
