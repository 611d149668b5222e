"""What says the opposite of what is asked."""

import pytest

from index.answering.opposites import says_the_opposite
from index.answering.questions import understand


@pytest.mark.parametrize(
    ("question", "words", "sentence", "opposite"),
    [
        ("When did the library open?", "2021", "The old library closed in 2021, when it was sold.", True),
        ("When did the library open?", "2021", "The library opened in 2021 and closed in 2024.", False),
        ("When did the library close?", "2021", "The library opened in 2021 and closed in 2024.", True),
        ("When did the library close?", "2024", "The library opened in 2021 and closed in 2024.", False),
        ("When will the library open?", "2025", "The library, which closed in 2021, will reopen in 2025.", False),
        ("When will the shop open?", "Friday", "It will open instead of close on Friday.", False),
        ("When does the strike begin?", "Friday", "The strike ends on Friday.", True),
        ("When does the festival end?", "Sunday", "It starts on Friday and runs until Sunday.", False),
        ("How much did prices rise?", "3 percent", "Prices fell by 3 percent.", True),
        ("How much did prices rise or fall?", "3 percent", "Prices fell by 3 percent.", False),
        ("When was he arrested?", "Friday", "He was released on Friday.", True),
        ("How many prisoners were freed?", "390", "They handed over 390 captured soldiers.", False),
        ("When was she born?", "1931", "She died in 1931.", True),
        ("Who won the final?", "Narva", "Halden lost the final to Narva.", False),
        ("Who opened the bridge?", "Ada Lind", "Ada Lind cut the ribbon.", False),
    ],
)
def test_the_clause_of_the_words_decides(question: str, words: str, sentence: str, opposite: bool) -> None:
    assert says_the_opposite(understand(question), words, sentence) is opposite
