"""Conversations are remembered for a while, in bounds, and forgotten when someone says so."""

from dataclasses import replace

from clocks import Clock

from bot.conversing import Conversations, Turn, direct, replying_to
from index.conversations import TURNS
from index.stories import Answer, Citation


def turn(question: str, *, person: int = 7, library: str = "server-1") -> Turn:
    return Turn(person, library, Answer(question, answered=True, reason=None, text="", confidence=0.5))


def questions(conversations: Conversations, key: tuple[str, int]) -> list[str]:
    return [each.answer.question for each in conversations.turns(key)]  # type: ignore[arg-type]


def test_a_conversation_goes_on_where_it_was(clock: Clock) -> None:
    conversations = Conversations(clock=clock)
    key = direct(5)
    for question in ("Who?", "When?"):
        conversations.remember(key, conversations.turns(key), turn(question))
    assert questions(conversations, key) == ["Who?", "When?"]
    assert conversations.turns(direct(6)) == ()


def test_two_replies_to_one_answer_are_two_conversations(clock: Clock) -> None:
    conversations = Conversations(clock=clock)
    conversations.remember(replying_to(1), (), turn("Who?"))
    earlier = conversations.turns(replying_to(1))
    conversations.remember(replying_to(2), earlier, turn("When?"))
    conversations.remember(replying_to(3), earlier, turn("Where?", person=8))
    assert questions(conversations, replying_to(2)) == ["Who?", "When?"]
    assert questions(conversations, replying_to(3)) == ["Who?", "Where?"]


def test_a_direct_message_and_a_reply_with_one_number_are_not_confused(clock: Clock) -> None:
    conversations = Conversations(clock=clock)
    conversations.remember(direct(5), (), turn("Who?"))
    assert conversations.turns(replying_to(5)) == ()


def test_it_is_over_after_a_while_of_silence(clock: Clock) -> None:
    conversations = Conversations(clock=clock, seconds=60)
    key = direct(5)
    conversations.remember(key, (), turn("Who?"))
    clock.now += 59
    conversations.remember(key, conversations.turns(key), turn("When?"))
    clock.now += 59
    assert questions(conversations, key) == ["Who?", "When?"]
    clock.now += 1
    assert questions(conversations, key) == []


def test_only_the_last_turns_and_the_last_conversations_are_kept(clock: Clock) -> None:
    conversations = Conversations(clock=clock, most=2)
    key = direct(5)
    for number in range(TURNS + 3):
        conversations.remember(key, conversations.turns(key), turn(str(number)))
    assert questions(conversations, key) == [str(number) for number in range(3, TURNS + 3)]
    for channel in (6, 7):
        conversations.remember(direct(channel), (), turn("Who?"))
    assert conversations.turns(key) == ()


def test_a_huge_answer_is_not_kept_whole(clock: Clock) -> None:
    conversations = Conversations(clock=clock)
    conversations.remember(direct(5), (), turn("w" * 100_000))
    assert len(questions(conversations, direct(5))[0]) < 2_000


def test_forgetting_takes_what_one_asked_and_leaves_what_others_asked(clock: Clock) -> None:
    conversations = Conversations(clock=clock)
    conversations.remember(direct(5), (), turn("Mine"))
    conversations.remember(replying_to(1), (turn("Mine"),), turn("Theirs", person=8))
    assert conversations.forget(7) is True
    assert conversations.turns(direct(5)) == ()
    assert questions(conversations, replying_to(1)) == ["Theirs"]
    assert conversations.forget(7) is False


def test_what_came_from_a_removed_library_is_forgotten(clock: Clock) -> None:
    conversations = Conversations(clock=clock)
    conversations.remember(direct(5), (turn("Old", library="server-2"),), turn("New"))
    conversations.forget_library("server-2")
    assert questions(conversations, direct(5)) == ["New"]


def test_what_was_said_of_a_removed_story_is_forgotten(clock: Clock) -> None:
    def about(question: str, story_id: str, library: str = "server-1") -> Turn:
        cited = Citation(story_id, "Bridge", None, None, None, "p", 0, 1, "It was closed.")
        return Turn(7, library, replace(turn(question).answer, citations=(cited,)))

    conversations = Conversations(clock=clock)
    for asked in (about("Of it", "a"), about("Of another", "b"), about("Elsewhere", "a", "server-2"), turn("Refused")):
        conversations.remember(direct(5), conversations.turns(direct(5)), asked)
    conversations.forget_story("server-1", "a")
    assert questions(conversations, direct(5)) == ["Of another", "Elsewhere", "Refused"]


def test_a_question_that_a_removed_story_completed_is_forgotten_with_it(clock: Clock) -> None:
    cited = Citation("a", "Bridge", None, None, None, "p", 0, 1, "It was closed.")
    first = Turn(7, "server-1", replace(turn("Of it").answer, citations=(cited,)))
    second = Turn(7, "server-1", replace(turn("When?").answer, understood_as="When was the Bridge closed?"))
    conversations = Conversations(clock=clock)
    for asked in (first, second, turn("Something else")):
        conversations.remember(direct(5), conversations.turns(direct(5)), asked)
    conversations.forget_story("server-1", "a")
    assert questions(conversations, direct(5)) == ["Something else"]
