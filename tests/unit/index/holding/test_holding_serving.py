"""The holder's socket: who may connect, what may be said, and what is answered."""

import json
import logging
import os
import socket
import stat
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from index.errors import HolderError, StorageError, UnknownStoryError
from index.holding import address, joining, protocol
from index.holding.address import addresses
from index.holding.joining import connect, lock_or_connection
from index.holding.lock import take
from index.holding.protocol import LONGEST_MESSAGE, PROTOCOL, Connection, Greeting, decode, encode
from index.holding.serving import Limits
from index.stories import Answer, Citation

HELLO = encode(Greeting(PROTOCOL, "test"))


def replies(stream: socket.socket) -> list[dict[str, Any]]:
    """All that is said until the connection is closed."""
    with stream.makefile("rb") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"not json\n", "The message is not JSON."),
        (b"\xff\xfe\n", "The message is not JSON."),
        (b"[" * 100_000 + b"\n", "The message is not JSON."),
        (b"9" * 10_000 + b"\n", "The message is not JSON."),
        (b"null\n", "The message is of no known type."),
        (b'{"type": ["ask"]}\n', "The message is of no known type."),
        (b'{"type": "erase"}\n', "The message is of no known type."),
        (b'{"type": "accepted", "job_id": 1}\n', "The message is of no known type."),
        (b'{"type": "watch"}\n', "The message has a wrong or missing field."),
        (b'{"type": "watch", "job_id": "secret"}\n', "The message has a wrong or missing field."),
        (b'{"type": "watch", "job_id": {"a": 1}}\n', "The message has a wrong or missing field."),
        (b'{"type": "watch", "job_id": 1, "secret": 2}\n', "The message has a field that is not known."),
        (
            b'{"type": "add", "paths": "secret", "library": "public", "token": ""}\n',
            "The message has a wrong or missing",
        ),
        (b"x" * (LONGEST_MESSAGE + 10), "The message is longer than 1,048,576 bytes."),
    ],
)
def test_what_is_no_request_is_refused_once_and_its_text_is_not_logged(
    house: Any, caplog: pytest.LogCaptureFixture, sent: bytes, sentence: str
) -> None:
    with house.served() as engine, caplog.at_level(logging.DEBUG), house.dial() as stream:
        stream.sendall(HELLO + sent)
        greeting, refusal = replies(stream)
        assert greeting["type"] == "greeting"
        assert refusal["type"] == "failed"
        assert refusal["error"].startswith(sentence)
    assert "was refused" in caplog.text
    assert "secret" not in caplog.text
    assert "erase" not in caplog.text
    assert engine.calls == []


def test_a_conversation_reaches_the_holder_with_what_completing_a_question_looks_at(house: Any) -> None:
    citation = Citation("id", "Talks", "https://example.org", "P", "2025-05-16", "p", 3, 8, "“Yes,” they said.")
    asked = Answer("Did they?", True, None, "“Yes,” they said.", 0.9, citations=(citation,), elapsed_ms={"total": 1.0})
    refused = Answer("and when?", False, "not_answered", "No.", 0.1, understood_as="When did they?")
    with house.served() as engine:
        house.remote().ask("why?", conversation=[asked, refused])
    ((first, second),) = engine.conversations
    assert (first.question, first.answered, first.citations[0].quote) == ("Did they?", True, "“Yes,” they said.")
    assert (second.understood_as, second.answered) == ("When did they?", False)


def test_the_longest_conversation_fits_into_a_message(house: Any) -> None:
    wide = "\U0001f600" * 1_100_000
    citation = Citation(wide, wide, wide, wide, None, wide, 0, 1, wide)
    answer = Answer(wide, True, None, wide, 0.9, citations=(citation,) * 50, short=wide, understood_as=wide)
    with house.served() as engine:
        house.remote().ask("\U0001f600" * 1_000, conversation=[answer] * 100)
        house.remote().ask(wide, conversation=[answer] * 100)
    assert [len(conversation) for conversation in engine.conversations] == [8, 0]


def test_a_conversation_that_is_none_is_refused(house: Any) -> None:
    ask = {"type": "ask", "question": "why?", "library": "public", "now": None, "since": None}
    with house.served() as engine, house.dial() as stream:
        stream.sendall(HELLO + json.dumps(ask | {"conversation": [{"question": "Did they?"}]}).encode() + b"\n")
        _, refusal = replies(stream)
    assert refusal["error"] == "The message has a wrong or missing field."
    assert engine.calls == []


def test_another_version_of_the_protocol_is_refused_with_what_to_do(house: Any) -> None:
    with house.served(), house.dial() as stream:
        stream.sendall(encode(Greeting(99, "9.0")))
        _, refusal = replies(stream)
        assert refusal["type"] == "failed"
        assert "start the bot again" in refusal["error"]


def test_a_command_of_another_version_says_to_start_the_bot_again(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.served():
        monkeypatch.setattr(joining, "PROTOCOL", PROTOCOL + 1)
        with pytest.raises(HolderError, match="start the bot again"):
            house.remote().ask("Who?")


def test_who_says_nothing_is_sent_away_and_keeps_nobody_from_asking(house: Any) -> None:
    with house.served(limits=Limits(handshake_seconds=0.2)):
        silent = [house.dial() for _ in range(20)]
        for stream in silent:
            stream.sendall(HELLO[:5])
        assert house.remote().ask("Who?").text == "No."
        for stream in silent:
            assert [reply["type"] for reply in replies(stream)] == ["greeting"]
            stream.close()


def test_who_comes_when_too_many_are_there_comes_again_until_there_is_room(
    house: Any, in_thread: Callable[..., Any]
) -> None:
    with house.served(limits=Limits(connections=2)):
        held = [house.dial(), house.dial()]
        for stream in held:
            assert stream.recv(5)
        with house.dial() as stream:
            (refusal,) = replies(stream)
        assert refusal["kind"] == protocol.TOO_MANY_CONNECTIONS
        asking = in_thread(lambda: house.remote().ask("Who?"))
        held[0].close()
        assert asking.result().text == "No."
        held[1].close()


def test_the_socket_is_for_its_owner_only_at_every_moment(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    bind = socket.socket.bind

    class Watched(socket.socket):
        def bind(self, where: Any) -> None:
            bind(self, where)
            modes.append(Path(os.fsdecode(where)).parent.stat().st_mode & 0o777)

    monkeypatch.setattr(address.socket, "socket", Watched)
    before = os.umask(0)
    try:
        with house.served():
            (path,) = [path for path in addresses(house.home) if path.exists()]
            assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    finally:
        os.umask(before)
    assert modes == [0o700]
    assert not path.exists()
    assert not list(house.home.glob(".s*"))


@pytest.mark.parametrize("left", ["socket", "file", "link"])
def test_what_a_killed_holder_left_behind_is_replaced(house: Any, left: str, tmp_path: Path) -> None:
    house.home.mkdir(parents=True)
    path = house.home / "holder.sock"
    if left == "socket":
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
    elif left == "file":
        path.write_text("")
    else:
        path.symlink_to(tmp_path / "elsewhere")
    assert connect(house.home) is None
    with house.served():
        assert house.remote().ask("Who?").text == "No."


def test_a_dead_socket_does_not_keep_a_command_from_the_folder(house: Any) -> None:
    house.home.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(house.home / "holder.sock"))
    found = lock_or_connection(house.home, wait_seconds=0)
    assert not isinstance(found, Connection)
    found.release()


def test_a_folder_with_a_long_path_has_its_socket_elsewhere_for_its_owner_only(
    house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/tmp/")
    house.home = house.home / ("x" * 120)
    with house.served():
        (path,) = [path for path in addresses(house.home) if path.exists()]
        assert path.parent == Path(f"/tmp/storydesk-{os.geteuid()}")
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert house.remote().ask("Who?").text == "No."


@pytest.mark.parametrize("kind", ["open to others", "a link"])
def test_a_place_for_sockets_that_is_not_ours_alone_is_not_used(
    house: Any, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    home.mkdir(parents=True)
    temporary = home / "t"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    place = temporary / f"storydesk-{os.geteuid()}"
    if kind == "a link":
        (temporary / "real").mkdir(mode=0o700)
        place.symlink_to(temporary / "real")
    else:
        place.mkdir()
        place.chmod(0o777)
    house.home = home / ("x" * 120)
    with caplog.at_level(logging.WARNING), house.served():
        assert "other commands must wait" in caplog.text
        assert connect(house.home) is None
    assert not any(place.iterdir())


def test_another_users_socket_is_not_spoken_to(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.served():
        monkeypatch.setattr(address.os, "geteuid", lambda: 4_242)
        with pytest.raises(StorageError, match="belongs to another user"):
            connect(house.home)


def test_questions_reach_the_engine_and_answers_come_back_whole(house: Any) -> None:
    now, since = datetime(2025, 6, 1, 12, tzinfo=UTC), date(2025, 5, 1)
    with house.served() as engine:
        remote = house.remote()
        answer = remote.ask("Wer? \ud83d “é”\n", library="city", now=now, since=since)
        assert engine.calls == [("ask", ("Wer? \ud83d “é”\n", "city", now, since))]
        assert (answer.reason, answer.note, answer.elapsed_ms) == ("nothing_found", "Only words.", {"total": 1.0})
        notes: list[str] = []
        findings = remote.find("x", leg="words", limit=1000, on_note=notes.append)
        assert len(findings) == 1000
        assert notes == ["Only words."]
        assert remote.add_samples() is True
        engine.titles = {"id": "Title"}
    assert findings[0].word_score == 1.0


def test_a_question_longer_than_a_message_is_answered_too(house: Any) -> None:
    question = "\x00é" * LONGEST_MESSAGE
    with house.served() as engine:
        assert house.remote().ask(question).question == question
        assert len(engine.calls[0][1][0]) < LONGEST_MESSAGE / 10


def test_an_error_of_the_engine_is_the_same_error_here(house: Any) -> None:
    def fail(question: str) -> None:
        raise {"storage": StorageError("The disk is full."), "story": UnknownStoryError("No story.")}[question]

    with house.served() as engine:
        engine.before_answer = fail
        with pytest.raises(StorageError, match=r"^The disk is full\.$"):
            house.remote().ask("storage")
        with pytest.raises(UnknownStoryError, match=r"^No story\.$"):
            house.remote().ask("story")


def test_an_unforeseen_error_is_told_and_logged_without_the_question(
    house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(question: str) -> None:
        raise RuntimeError(question)

    with house.served() as engine:
        engine.before_answer = fail
        with pytest.raises(HolderError, match="RuntimeError"):
            house.remote().ask("secret words")
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_who_waits_long_hears_that_the_holder_is_alive(house: Any, gate: Any, in_thread: Any) -> None:
    stop = gate("Who?")
    with house.served(limits=Limits(alive_seconds=0.05)) as engine, house.dial() as stream:
        engine.before_answer = stop
        stream.sendall(HELLO + encode(protocol.Ask("Who?", "public", None, None)))
        lines = stream.makefile("rb")
        assert [json.loads(lines.readline())["type"] for _ in range(3)] == ["greeting", "alive", "alive"]
        stop.open()
        rest = [json.loads(line)["type"] for line in lines]
        assert rest[-2:] == ["value", "done"]


def test_questions_that_were_asked_are_answered_before_the_holder_stops(house: Any, gate: Any, in_thread: Any) -> None:
    stop = gate("Who?")
    with house.served() as engine:
        engine.before_answer = stop
        asking = in_thread(lambda: house.remote().ask("Who?"))
        stop.wait_until_reached()
        threading.Timer(0.2, stop.open).start()
    assert asking.result().text == "No."
    assert len(engine.calls) == 1


def test_a_message_survives_the_way_whatever_its_text() -> None:
    for text in ("", "é\n\u2028", "\ud800", "\x00", '"}{'):
        asked = protocol.Ask(text, "public", None, None)
        assert decode(encode(asked).rstrip(b"\n"), protocol.REQUESTS) == asked
        assert encode(asked).count(b"\n") == 1


def test_a_holder_without_a_socket_still_has_the_lock(house: Any) -> None:
    with house.served():
        assert take(house.home) is None
