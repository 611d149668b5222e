"""Serves the data folder's engine to other processes of the same user, over a local socket, in threads."""

import logging
import os
import queue
import selectors
import socket
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from index.errors import StorageError, StorydeskError
from index.holding import address
from index.holding.performing import Tell, Working
from index.holding.protocol import (
    GREETINGS,
    PROTOCOL,
    REQUESTS,
    TOO_MANY_CONNECTIONS,
    Accepted,
    Add,
    AddSamples,
    Alive,
    Ask,
    Cancel,
    Check,
    Connection,
    ConnectionLostError,
    Done,
    Failed,
    Find,
    Greeting,
    Import,
    MalformedMessageError,
    Note,
    Progress,
    Rebuild,
    Remove,
    Reply,
    Value,
    Watch,
    as_json,
    failure,
    program_version,
)
from index.holding.working import Workers
from index.stories import Answer, Finding, Leg
from index.storing.catalog import Catalog

_log = logging.getLogger(__name__)
Show = Callable[[Reply], None]


class Served(Working, Protocol):
    """What is served of an engine."""

    @property
    def catalog(self) -> Catalog: ...
    def add_samples(self) -> bool: ...
    def ask(
        self,
        question: str,
        *,
        library: str = "public",
        now: datetime | None = None,
        since: date | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer: ...
    def find(
        self,
        question: str,
        *,
        library: str = "public",
        leg: Leg = "both",
        limit: int = 10,
        now: datetime | None = None,
        since: date | None = None,
        on_note: Callable[[str], None] | None = None,
    ) -> list[Finding]: ...
    def remove(self, story_id: str, *, library: str | None = None) -> str: ...


@dataclass(frozen=True)
class Limits:
    """How much others may ask for at once, and how long they may take over it."""

    connections: int = 64
    requests: int = 8
    handshake_seconds: float = 10.0
    send_seconds: float = 30.0
    alive_seconds: float = 5.0


@contextmanager
def serve(
    engine: Served, *, home: Path, limits: Limits | None = None, workers: Workers | None = None
) -> Iterator[None]:
    """Serve `engine`, whose data folder `home` this process holds, and work on its jobs, until the block is left.

    Then nothing more is accepted, running requests are answered, and running jobs stop at their next batch and wait in
    the catalog. Where no socket can be opened the jobs are worked on all the same. Raises StorageError.
    """
    working = workers or Workers(engine, engine.catalog)
    working.start()
    try:
        try:
            server, path = address.listen(home)
        except StorageError as error:
            _log.warning("%s", error)
            yield
            return
        door = _Door(server, engine, working, limits or Limits())
        try:
            yield
        finally:
            address.remove(path)
            door.close(working.stop)
    finally:
        working.stop()


class _Door:
    """Accepts connections in a thread, and answers each in one of its own."""

    def __init__(self, server: socket.socket, engine: Served, workers: Workers, limits: Limits) -> None:
        self._server = server
        self._engine = engine
        self._workers = workers
        self._limits = limits
        self._requests = ThreadPoolExecutor(limits.requests, thread_name_prefix="request")
        self._open: dict[Connection, threading.Thread] = {}
        self._lock = threading.Lock()
        self._wake, self._woken = socket.socketpair()
        self._accepting = threading.Thread(target=self._accept, name="socket")
        self._accepting.start()

    def close(self, stop_jobs: Callable[[], None]) -> None:
        """Accept nothing more, send away who asked for nothing yet, and wait for the others' answers."""
        self._wake.close()
        self._accepting.join()
        self._server.close()
        self._woken.close()
        with self._lock:
            threads = list(self._open.values())
            for connection in self._open:
                connection.stop_reading()
        stop_jobs()  # which ends the waiting of those who watch one
        for thread in threads:
            thread.join()
        self._requests.shutdown()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._woken in ready:
                    return
                try:
                    stream, _ = self._server.accept()
                except OSError as error:  # who knocked is gone again, or there are too many open files
                    _log.warning("a connection could not be accepted: %s", os.strerror(error.errno or 0))
                    threading.Event().wait(0.1)
                    continue
                self._welcome(Connection(stream, send_seconds=self._limits.send_seconds))

    def _welcome(self, connection: Connection) -> None:
        thread = threading.Thread(target=self._serve, args=(connection,), name="connection", daemon=True)
        with self._lock:
            if len(self._open) >= self._limits.connections:
                thread = threading.Thread(target=_send_away, args=(connection,), name="connection", daemon=True)
            else:
                self._open[connection] = thread
        thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            with connection:
                self._answer(connection)
        except ConnectionLostError as error:
            _log.debug("a connection was lost: %s", error)
        except Exception as error:  # noqa: BLE001 - one connection's trouble is not the others'
            _log.error("a connection failed (%s)\n%s", type(error).__name__, _where(error))
        finally:
            with self._lock:
                del self._open[connection]

    def _answer(self, connection: Connection) -> None:
        try:
            connection.send(Greeting(PROTOCOL, program_version()))
            greeting = connection.receive(GREETINGS, seconds=self._limits.handshake_seconds)
            if not isinstance(greeting, Greeting) or greeting.protocol != PROTOCOL:
                raise MalformedMessageError(
                    f"This process of Storydesk speaks version {PROTOCOL} of the protocol only; run the same version "
                    "of Storydesk everywhere, and start the bot again after an update."
                )
            request = connection.receive(REQUESTS, seconds=self._limits.handshake_seconds)
        except MalformedMessageError as error:
            _log.warning("a message was refused: %s", error)
            connection.send(Failed("HolderError", str(error)))
            return
        for reply in self._replies(request):
            try:
                connection.send(reply)
            except MalformedMessageError as error:
                connection.send(Failed("HolderError", str(error)))
                return

    def _replies(self, request: Any) -> Iterator[Reply]:
        try:
            if isinstance(request, Watch):
                yield from self._workers.watch(request.job_id)
            elif isinstance(request, Add | Import | Rebuild) or (isinstance(request, Check) and request.fix):
                job_id = self._workers.accept(request)
                yield Accepted(job_id)
                yield from self._workers.watch(job_id)
            else:
                yield from self._direct(request)
        except StorydeskError as error:
            yield failure(error)

    def _direct(self, request: Any) -> Iterator[Reply]:
        """Answer in a thread of the pool, so that this one can say meanwhile that all is well."""
        replies: queue.SimpleQueue[Reply | None] = queue.SimpleQueue()

        def work() -> None:
            try:
                _carry_out(self._engine, self._workers, request, replies.put)
                replies.put(Done())
            except StorydeskError as error:
                replies.put(failure(error))
            except Exception as error:  # noqa: BLE001 - the boundary to another process
                name = type(error).__name__
                # Errors may repeat a question: the log says where it happened, not what the error says.
                _log.error("a request (%s) failed: %s\n%s", type(request).__name__, name, _where(error))
                sentence = (
                    f"Something went wrong in the process that holds the data folder ({name}); its log says more."
                )
                replies.put(Failed("HolderError", sentence))
            finally:
                replies.put(None)

        self._requests.submit(work)
        while True:
            try:
                reply = replies.get(timeout=self._limits.alive_seconds)
            except queue.Empty:
                yield Alive()
                continue
            if reply is None:
                return
            yield reply


def _carry_out(engine: Served, workers: Workers, request: Any, show: Show) -> None:
    match request:
        case Ask():
            answer = engine.ask(
                request.question,
                library=request.library,
                now=request.now,
                since=request.since,
                conversation=request.conversation,
            )
            show(Value(as_json(answer)))
        case Find():
            findings = engine.find(
                request.question,
                library=request.library,
                leg=request.leg,
                limit=request.limit,
                now=request.now,
                since=request.since,
                on_note=lambda text: show(Note(text)),
            )
            _show_each(findings, show)
        case Remove():
            show(Value(engine.remove(request.story_id, library=request.library)))
        case AddSamples():
            show(Value(engine.add_samples()))
        case Check():
            _show_each(engine.check(on_progress=_telling(show)), show)
        case Cancel():
            show(Value(workers.cancel(request.job_id)))


def _show_each(values: Sequence[Any], show: Show) -> None:
    for value in values:
        show(Value(as_json(value)))


def _telling(show: Show) -> Tell:
    return lambda what, done, total: show(Progress(what, done, total))


def _send_away(connection: Connection) -> None:
    try:
        with connection:
            connection.send(Failed(TOO_MANY_CONNECTIONS, "Too many others are connected; try again later."))
    except ConnectionLostError as error:
        _log.debug("a connection was lost: %s", error)


def _where(error: BaseException) -> str:
    return "".join(traceback.format_tb(error.__traceback__)).rstrip()
