"""What the holder and other processes say to each other: JSON, one message a line, each of a known form.

Both sides greet with the version of the protocol. The client then makes one request, and is answered by any number of
messages, the last of which is `Done`, `JobOver` or `Failed`. What breaks the form ends the connection.
"""

import json
import math
import socket
import time
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, Self

from pydantic import TypeAdapter, ValidationError

from index import errors
from index.errors import HolderError, StorydeskError
from index.stories import AddResult, Answer, Leg

PROTOCOL = 2
LONGEST_MESSAGE = 1_048_576
"""Bytes, the end of the line included."""


class ConnectionLostError(Exception):
    """The other side is gone, or says nothing any more."""


class MalformedMessageError(Exception):
    """The other side sent what is no message; the text says what is wrong with it and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first message of each side."""

    protocol: int
    version: str


@dataclass(frozen=True, slots=True)
class Ask:
    """`Engine.ask`; answered with one value. Of the `conversation` comes what completing a question looks at."""

    question: str
    library: str
    now: datetime | None
    since: date | None
    conversation: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Find:
    """`Engine.find`; answered with a value per finding, and notes."""

    question: str
    library: str
    leg: Leg
    limit: int
    now: datetime | None
    since: date | None


@dataclass(frozen=True, slots=True)
class Remove:
    """`Engine.remove`; answered with one value."""

    story_id: str
    library: str | None


@dataclass(frozen=True, slots=True)
class AddSamples:
    """`Engine.add_samples`; answered with one value."""


@dataclass(frozen=True, slots=True)
class Add:
    """`Engine.add` as a job. `paths` are absolute; `token` is the client's own mark to know the job by."""

    paths: tuple[str, ...]
    library: str
    token: str


@dataclass(frozen=True, slots=True)
class Import:
    """`Engine.import_stories` as a job; `path` is absolute."""

    path: str
    token: str


@dataclass(frozen=True, slots=True)
class Rebuild:
    """`Engine.rebuild` as a job."""

    library: str | None
    token: str


@dataclass(frozen=True, slots=True)
class Check:
    """`Engine.check`: a job when it is to `fix`, else answered at once with a value per library."""

    fix: bool
    token: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Attach to a job: all that it has shown so far, and what it goes on to show."""

    job_id: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel a job; answered with its state as value."""

    job_id: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job is in the catalog now and outlives this connection."""

    job_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, how much of it is done and how much there is."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Result:
    """One story of a job."""

    result: AddResult


@dataclass(frozen=True, slots=True)
class Missed:
    """Some results of the job are not known any more."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence beside the results."""

    text: str


@dataclass(frozen=True, slots=True)
class Alive:
    """Nothing new; the holder is at work."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a method of the engine gave, as JSON."""

    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    """The request is answered."""


@dataclass(frozen=True, slots=True)
class JobOver:
    """The job has ended; `value` is what the engine's method gave, as JSON, `kind` and `error` are as in `Failed`."""

    state: Literal["done", "failed", "cancelled"]
    value: Any
    kind: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The request failed with the error of the class `kind`; "TooManyConnections" asks to come again."""

    kind: str
    error: str


JobRequest = Add | Import | Rebuild | Check
Request = Ask | Find | Remove | AddSamples | JobRequest | Watch | Cancel
Reply = Accepted | Progress | Result | Missed | Note | Alive | Value | Done | JobOver | Failed
Message = Greeting | Request | Reply

TOO_MANY_CONNECTIONS = "TooManyConnections"
GREETINGS: dict[str, type[Any]] = {"greeting": Greeting, "failed": Failed}
JOBS: dict[str, type[Any]] = {"add": Add, "import": Import, "rebuild": Rebuild, "check": Check}
REQUESTS: dict[str, type[Any]] = JOBS | {
    "ask": Ask,
    "find": Find,
    "remove": Remove,
    "add_samples": AddSamples,
    "watch": Watch,
    "cancel": Cancel,
}
REPLIES: dict[str, type[Any]] = {
    "accepted": Accepted,
    "progress": Progress,
    "result": Result,
    "missed": Missed,
    "note": Note,
    "alive": Alive,
    "value": Value,
    "done": Done,
    "job_over": JobOver,
    "failed": Failed,
}
_NAMES = {kind: name for kinds in (GREETINGS, REQUESTS, REPLIES) for name, kind in kinds.items()}
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in _NAMES}
_ERRORS = {
    error.__name__: error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, StorydeskError)
}


def program_version() -> str:
    """The version of Storydesk that this process runs."""
    try:
        return version("storydesk")
    except PackageNotFoundError:
        return "not installed"


def encode(message: Message) -> bytes:
    """`message` as a line. Raises MalformedMessageError when it is too long or has what JSON cannot say."""
    try:
        line = json.dumps({"type": _NAMES[type(message)]} | asdict(message), allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise MalformedMessageError(f"This cannot be sent ({type(error).__name__}).") from error
    if len(line) >= LONGEST_MESSAGE:
        raise MalformedMessageError(f"The message is longer than {LONGEST_MESSAGE:,} bytes.")
    return line.encode("ascii") + b"\n"


def decode(line: bytes | bytearray, kinds: dict[str, type[Any]]) -> Any:
    """The message on `line`, one of `kinds`. Raises MalformedMessageError."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise MalformedMessageError("The message is not JSON.") from None
    name = found.pop("type", None) if isinstance(found, dict) else None
    if not isinstance(name, str) or name not in kinds:
        raise MalformedMessageError("The message is of no known type.")
    return from_fields(kinds[name], found)


def from_fields(kind: type[Any], found: dict[str, Any]) -> Any:
    """The dataclass `kind` with just these fields. Raises MalformedMessageError when one is wrong."""
    try:
        if set(found) - {field.name for field in fields(kind)}:
            raise MalformedMessageError("The message has a field that is not known.")
        return _ADAPTERS[kind].validate_python(found)
    except (ValidationError, RecursionError, OverflowError):
        raise MalformedMessageError("The message has a wrong or missing field.") from None


def as_json(value: Any) -> Any:
    """`value`, of dataclasses, lists, dicts and dates, as JSON has it."""
    return json.loads(json.dumps(asdict(value) if hasattr(value, "__dataclass_fields__") else value, default=_plain))


def failure(error: StorydeskError) -> Failed:
    """How the holder says that `error` was raised."""
    kind = next(each.__name__ for each in type(error).__mro__ if each.__name__ in _ERRORS)
    return Failed(kind, str(error))


def error_of(kind: str | None, text: str | None) -> StorydeskError:
    """The error that the holder raised."""
    return _ERRORS.get(kind or "", HolderError)(text or "It failed, and no reason was given.")


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # datetimes too
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)
    raise TypeError(type(value).__name__)


class Connection:
    """One end of a connection, with messages for bytes. Sending and receiving may be in two threads."""

    def __init__(self, stream: socket.socket, *, send_seconds: float = 30.0) -> None:
        self._stream = stream
        self._send_seconds = send_seconds
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection. Closing twice is harmless."""
        self._stream.close()

    def stop_reading(self) -> None:
        """Wake whoever waits for a message: there will be none."""
        try:
            self._stream.shutdown(socket.SHUT_RD)
        except OSError:
            return  # it is closed already

    def send(self, message: Message) -> None:
        """Send `message`. Raises ConnectionLostError, MalformedMessageError."""
        line = encode(message)
        try:
            self._stream.settimeout(self._send_seconds)
            self._stream.sendall(line)
        except OSError as error:  # a timeout too: the other side does not read
            raise ConnectionLostError(type(error).__name__) from error

    def receive(self, kinds: dict[str, type[Any]], *, seconds: float = math.inf) -> Any:
        """The next message, one of `kinds`, within `seconds`. Raises ConnectionLostError, MalformedMessageError."""
        end = time.monotonic() + seconds
        searched = 0
        while (position := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched >= LONGEST_MESSAGE:
                raise MalformedMessageError(f"The message is longer than {LONGEST_MESSAGE:,} bytes.")
            self._buffer += self._read(end)
        line = bytes(self._buffer[:position])
        del self._buffer[: position + 1]
        if position >= LONGEST_MESSAGE:
            raise MalformedMessageError(f"The message is longer than {LONGEST_MESSAGE:,} bytes.")
        return decode(line, kinds)

    def _read(self, end: float) -> bytes:
        left = end - time.monotonic()
        if left <= 0:
            raise ConnectionLostError("nothing came in time")
        try:
            self._stream.settimeout(None if math.isinf(left) else left)
            found = self._stream.recv(65_536)
        except OSError as error:  # a timeout too
            raise ConnectionLostError(type(error).__name__) from error
        if not found:
            raise ConnectionLostError("the other side has closed the connection")
        return found
