"""A real Chroma server in place of the folder: down, slow, restarted, emptied, behind a proxy, somebody else's."""

import http.client
import http.server
import json
import logging
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from index.engine import Engine
from index.errors import OutdatedIndexError, SettingsError, StorageError, VectorServerError
from index.finding import SentenceTransformerEmbedder
from index.indexing import vectors_server
from index.indexing.chroma import Client
from index.settings import IndexSettings
from index.stories import AddResult

pytestmark = pytest.mark.slow

UNREACHABLE = "The vector index cannot be reached at the moment, so only words were searched."
BRIDGE = "The bridge over the Orla was closed on Monday."
QUESTION = "When was the bridge over the Orla closed?"


@dataclass
class ChromaServer:
    """`chroma run` on a folder and a port of its own."""

    path: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--path", str(self.path)]
        with (self.path.parent / "chroma.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.path.parent)
        wait_until(self.answers, "the server answers")

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", "/api/v2/heartbeat")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self, *, kill: bool = False) -> None:
        if self.process is not None:
            if kill:
                self.process.kill()
            else:
                self.process.terminate()
            self.process.wait(20)
            self.process = None

    def empty(self) -> None:
        self.stop()
        shutil.rmtree(self.path)


@dataclass
class Front:
    """An HTTP proxy in front of a server: slow, asking for a header, or saying something else."""

    upstream: int
    delay: float = 0.0
    required: tuple[str, str] | None = None
    instead: tuple[int, str, bytes] | None = None
    tls: ssl.SSLContext | None = None
    requests: list[str] = field(default_factory=list)
    _server: http.server.ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                front.requests.append(f"{self.command} {self.path}")
                self.answer(*front.response(self, body))

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

            def answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                """Nothing on standard error."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients that give up are what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def response(self, handler: http.server.BaseHTTPRequestHandler, body: bytes) -> tuple[int, str, bytes]:
        time.sleep(self.delay)
        if self.required is not None and handler.headers.get(self.required[0]) != self.required[1]:
            said = "".join(f"{name}: {value}\n" for name, value in handler.headers.items())
            return 401, "text/plain", f"Who are you? You said:\n{said}".encode()
        if self.instead is not None:
            return self.instead
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(handler.command, handler.path, body=body or None, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers.get("Content-Type", ""), response.read()
        except OSError:
            return 502, "text/html", b"<h1>Bad Gateway</h1>"
        finally:
            connection.close()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def wait_until(happened: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError(f"it did not come to it that {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder.load(IndexSettings())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    server = ChromaServer(tmp_path / "server", free_port())
    yield server
    server.stop(kill=True)


@pytest.fixture
def running(server: ChromaServer) -> ChromaServer:
    server.start()
    return server


@pytest.fixture
def make_front(running: ChromaServer) -> Iterator[Callable[..., Front]]:
    fronts: list[Front] = []

    def make(**options: Any) -> Front:
        fronts.append(Front(running.port, **options))
        fronts[-1].start()
        return fronts[-1]

    yield make
    for front in fronts:
        front.stop()


@pytest.fixture
def open_engine(
    tmp_path: Path, embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Engine]]:
    """Opens an engine on a folder beside the server; a server that failed is tried again after a moment."""
    monkeypatch.setattr(vectors_server, "_REST_SECONDS", 0.3)
    opened: list[Engine] = []

    def open_one(url: str, *, home: str = "home", **options: Any) -> Engine:
        defaults = {"chroma_question_seconds": 0.3, "chroma_write_seconds": 60}
        settings = IndexSettings(home=tmp_path / home, chroma_url=url, **(defaults | options))
        opened.append(Engine.open(settings, load_embedder=lambda _: embedder))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., list[AddResult]]:
    """Adds texts, each a story named after it."""

    def add_texts(engine: Engine, *texts: str, library: str = "public", **options: Any) -> list[AddResult]:
        folder = tmp_path / "stories"
        folder.mkdir(exist_ok=True)
        path = folder / f"{abs(hash(texts))}.jsonl"
        path.write_text("".join(f"{json.dumps({'id': text, 'title': text[:20], 'text': text})}\n" for text in texts))
        return list(engine.add([path], library=library, **options))

    return add_texts


def by_vectors(engine: Engine, question: str = QUESTION, **options: Any) -> tuple[list[str], list[str]]:
    """The texts that the vectors find, and what was noted."""
    notes: list[str] = []
    found = engine.find(question, leg="vectors", on_note=notes.append, **options)
    return [finding.text for finding in found], notes


def assert_whole(engine: Engine) -> None:
    """Fails unless catalog and indexes have the same, and each passage is found by its own vector."""
    assert [trouble for health in engine.check() for trouble in health.troubles] == []


def test_a_server_keeps_the_vectors_and_the_folder_the_rest(
    running: ChromaServer, open_engine: Any, add: Any, tmp_path: Path
) -> None:
    engine = open_engine(running.url)
    results = add(engine, BRIDGE, "Nobody swam in the harbour.")
    assert [result.status for result in results] == ["added", "added"]
    texts, notes = by_vectors(engine, "Was the crossing of the river shut?")
    assert (texts[0], notes) == (BRIDGE, [])
    answer = engine.ask(QUESTION)
    assert (answer.answered, answer.note) == (True, None)
    assert_whole(engine)
    assert not (tmp_path / "home" / "vectors").exists()
    assert (tmp_path / "home" / "words").exists()
    engine.remove(results[0].story_id)
    assert by_vectors(engine) == (["Nobody swam in the harbour."], [])
    engine.rebuild()
    assert by_vectors(engine) == (["Nobody swam in the harbour."], [])
    assert_whole(engine)


def test_several_data_folders_share_a_server_and_see_nothing_of_each_other(
    running: ChromaServer, open_engine: Any, add: Any
) -> None:
    first, second = open_engine(running.url), open_engine(running.url, home="other")
    add(first, BRIDGE)
    add(second, "The tunnel was opened in June.")
    assert by_vectors(first) == ([BRIDGE], [])
    assert by_vectors(second) == (["The tunnel was opened in June."], [])
    first.check(fix=True)
    first.rebuild()
    assert by_vectors(second) == (["The tunnel was opened in June."], [])
    assert_whole(first)
    assert_whole(second)


def test_a_server_that_is_down_at_the_start_keeps_nobody_from_asking(
    running: ChromaServer, open_engine: Any, add: Any
) -> None:
    engine = open_engine(running.url)
    add(engine, BRIDGE)
    engine.close()
    running.stop()
    engine = open_engine(running.url, chroma_write_seconds=0)
    answer = engine.ask(QUESTION)
    assert (answer.answered, answer.note) == (True, UNREACHABLE)
    assert BRIDGE in answer.text
    assert by_vectors(engine) == ([BRIDGE], [UNREACHABLE])
    cosine = engine.find(QUESTION)[0].vector_score
    with pytest.raises(
        VectorServerError, match=r"^The vector server http://127.0.0.1:\d+ cannot be used \(.*\); start"
    ):
        add(engine, "The tunnel was opened in June.")
    assert engine.find("tunnel opened") == [], "nothing half-stored is found"
    running.start()
    time.sleep(0.4)
    assert by_vectors(engine) == ([BRIDGE], [])
    assert engine.find(QUESTION)[0].vector_score == pytest.approx(cosine), "as exact without the server"
    # The same command again finishes what was begun.
    assert [result.status for result in add(engine, "The tunnel was opened in June.")] == ["unchanged"]
    assert by_vectors(engine, "tunnel opened")[0][0] == "The tunnel was opened in June."
    assert_whole(engine)


def test_what_was_begun_before_a_restart_waits_for_the_server_and_is_finished_by_the_next_story(
    running: ChromaServer, open_engine: Any, add: Any
) -> None:
    engine = open_engine(running.url, chroma_write_seconds=0)
    (bridge,) = add(engine, BRIDGE)
    running.stop()
    with pytest.raises(VectorServerError):
        add(engine, "The tunnel was opened in June.")
    engine.remove(bridge.story_id)
    engine.close()
    engine = open_engine(running.url, chroma_write_seconds=0)  # neither waits nor fails
    assert engine.find("bridge", leg="words") == []
    running.start()
    add(engine, "The ferry sank in May.")
    assert sorted(by_vectors(engine)[0]) == ["The ferry sank in May.", "The tunnel was opened in June."]
    assert_whole(engine)


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_storing_waits_for_a_server_that_goes_and_nothing_is_lost(
    kill: bool, running: ChromaServer, open_engine: Any, add: Any
) -> None:
    engine = open_engine(running.url)
    texts = [f"The ferry number {number} left the harbour of Tarn." for number in range(160)]
    heard: list[str] = []
    stored: list[AddResult] = []

    def tell(what: str, done: int, total: int) -> None:
        heard.append(what)

    with ThreadPoolExecutor(1) as thread:
        adding = thread.submit(add, engine, *texts, on_progress=tell)
        wait_until(lambda: engine.catalog.count_stories() > 0, "the first stories are stored")
        running.stop(kill=kill)
        wait_until(lambda: "seconds waited for the vector server" in heard, "storing waits")
        before = engine.catalog.count_stories()
        assert 0 < before < len(texts)
        assert engine.ask("Which ferry left the harbour of Tarn?").note == UNREACHABLE
        running.start()
        stored = adding.result(120)
    assert [result.status for result in stored] == ["added"] * len(texts)
    assert engine.catalog.count_stories() == len(texts)
    wait_until(lambda: by_vectors(engine)[1] == [], "vectors are searched again")
    assert_whole(engine)


def test_closing_ends_the_waiting(running: ChromaServer, open_engine: Any, add: Any) -> None:
    engine = open_engine(running.url, chroma_write_seconds=3_600)
    add(engine, BRIDGE)
    running.stop()
    waiting = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        adding = thread.submit(
            add,
            engine,
            "The tunnel was opened.",
            on_progress=lambda what, *_: waiting.set() if "waited" in what else None,
        )
        assert waiting.wait(30)
        engine.close()
        assert isinstance(adding.exception(30), StorageError)


def test_a_restart_between_two_questions_is_not_noticed(running: ChromaServer, open_engine: Any, add: Any) -> None:
    engine = open_engine(running.url, chroma_question_seconds=5)
    add(engine, BRIDGE)
    assert by_vectors(engine) == ([BRIDGE], [])
    running.stop()
    running.start()
    assert by_vectors(engine) == ([BRIDGE], [])
    add(engine, "The tunnel was opened in June.")
    assert_whole(engine)


def test_a_slow_server_keeps_one_question_waiting_and_not_each(
    make_front: Any, open_engine: Any, add: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_server, "_REST_SECONDS", 600.0)
    front = make_front()
    engine = open_engine(front.url)
    add(engine, BRIDGE)
    front.delay = 2.0
    assert by_vectors(engine) == ([BRIDGE], [UNREACHABLE])
    asked = len(front.requests)
    for _ in range(5):
        assert by_vectors(engine) == ([BRIDGE], [UNREACHABLE])
        assert engine.ask(QUESTION).note == UNREACHABLE
    assert len(front.requests) == asked, "a server that just failed is not asked again"
    # Storing has more patience, and what it learns helps the questions.
    add(engine, "The tunnel was opened in June.")
    front.delay = 0.0
    assert by_vectors(engine)[1] == []


@pytest.mark.parametrize("when", ["before the first question", "between two questions"])
def test_a_server_that_lost_its_data_is_not_searched_before_it_is_mended(
    when: str, running: ChromaServer, open_engine: Any, add: Any
) -> None:
    engine = open_engine(running.url, chroma_question_seconds=5)
    add(engine, BRIDGE, "Nobody swam in the harbour.")
    if when == "between two questions":
        assert by_vectors(engine)[1] == []
    running.empty()
    running.start()
    for _ in range(2):
        texts, (note,) = by_vectors(engine)
        assert texts[0] == BRIDGE
        assert note.startswith(
            "The vector index is not complete, so only words were searched; `storydesk doctor --fix`"
        )
    add(engine, "The tunnel was opened in June.")  # which makes a collection, with one passage of three
    assert by_vectors(engine)[1] == [note]
    engine.check(fix=True)
    texts, notes = by_vectors(engine)
    assert (len(texts), notes) == (3, [])
    assert_whole(engine)


def test_a_rebuild_fills_a_server_that_is_new(running: ChromaServer, open_engine: Any, add: Any) -> None:
    engine = open_engine(running.url)
    add(engine, BRIDGE)
    running.empty()
    running.start()
    engine.rebuild()
    assert by_vectors(engine) == ([BRIDGE], [])
    assert_whole(engine)


def test_a_proxy_that_wants_a_header_gets_it(make_front: Any, open_engine: Any, add: Any) -> None:
    front = make_front(required=("Authorization", "Bearer s3cr3t"))
    engine = open_engine(front.url, chroma_headers="Authorization: Bearer s3cr3t; X-Desk: night")
    add(engine, BRIDGE)
    assert by_vectors(engine) == ([BRIDGE], [])
    assert_whole(engine)


def test_a_proxy_that_refuses_is_told_at_once_and_the_secret_nowhere(
    make_front: Any, open_engine: Any, add: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    front = make_front(required=("Authorization", "Bearer s3cr3t"))
    engine = open_engine(front.url, chroma_headers="Authorization: Bearer wr0ng", chroma_write_seconds=3_600)
    with pytest.raises(VectorServerError, match=r"HTTP status 401; check STORYDESK_CHROMA_HEADERS") as failure:
        add(engine, BRIDGE)
    assert "wr0ng" not in "".join(traceback.format_exception(failure.value))
    assert "wr0ng" not in caplog.text
    engine.close()
    engine = open_engine(front.url, chroma_headers="Authorization: Bearer s3cr3t")
    assert add(engine, BRIDGE)[0].status == "unchanged", "it was staged, and is finished now"
    assert by_vectors(engine) == ([BRIDGE], [])
    assert "s3cr3t" not in caplog.text


@pytest.mark.parametrize(
    "instead",
    [(200, "text/html", b"<h1>It works!</h1>"), (404, "text/html", b"<h1>Not Found</h1>"), (302, "text/html", b""),
     (200, "application/json", b"{}"), (404, "application/json", b'{"detail": "s3cr3t"}'),
     (200, "application/json", b"\xff[")],
)  # fmt: skip
def test_a_server_of_another_kind_is_told(
    instead: tuple[int, str, bytes], make_front: Any, open_engine: Any, add: Any, caplog: pytest.LogCaptureFixture
) -> None:
    front = make_front()
    engine = open_engine(front.url, chroma_write_seconds=3_600)
    add(engine, BRIDGE)
    engine.close()
    front.instead = instead
    engine = open_engine(front.url, chroma_write_seconds=3_600)
    assert by_vectors(engine) == ([BRIDGE], [UNREACHABLE])
    with pytest.raises(VectorServerError, match=r"^The vector server \S+ cannot be used \(it .*answers? .*\)"):
        add(engine, "The tunnel was opened in June.")
    assert "s3cr3t" not in caplog.text


def test_a_server_behind_a_proxy_that_cannot_reach_it_is_waited_for(
    make_front: Any, open_engine: Any, add: Any
) -> None:
    front = make_front()
    engine = open_engine(front.url)
    add(engine, BRIDGE)
    front.instead = (503, "text/html", b"<h1>Service Unavailable</h1>")
    assert by_vectors(engine) == ([BRIDGE], [UNREACHABLE])
    with ThreadPoolExecutor(1) as thread:
        asked = len(front.requests)
        adding = thread.submit(add, engine, "The tunnel was opened in June.")
        wait_until(lambda: len(front.requests) > asked + 1, "it is tried again")
        front.instead = None
        assert [result.status for result in adding.result(60)] == ["added"]
    assert_whole(engine)


@pytest.mark.parametrize("trusted", [True, False], ids=["own certificate trusted", "not trusted"])
def test_tls_is_checked_against_the_certificates_that_are_given(
    trusted: bool, make_front: Any, open_engine: Any, add: Any, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    front = make_front(tls=context)
    options = {"chroma_ca_file": certificate} if trusted else {"chroma_write_seconds": 0}
    engine = open_engine(front.url, **options)
    if trusted:
        add(engine, BRIDGE)
        assert by_vectors(engine) == ([BRIDGE], [])
    else:
        with pytest.raises(VectorServerError, match="certificate verify failed"):
            add(engine, BRIDGE)
        assert front.requests == []


@pytest.mark.parametrize("content", [None, b"no certificate"], ids=["missing", "of something else"])
def test_a_file_of_certificates_that_is_none_is_told(content: bytes | None, open_engine: Any, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="STORYDESK_CHROMA_CA_FILE cannot be read as certificates"):
        open_engine("https://127.0.0.1:9", chroma_ca_file=path)


def test_a_collection_of_somebody_else_is_refused(running: ChromaServer, open_engine: Any, add: Any) -> None:
    engine = open_engine(running.url, chroma_question_seconds=5)
    add(engine, BRIDGE)
    vectors, library = engine._stores.vectors, engine.catalog.library("public")
    name = vectors._name(library.current.id)

    def usurp(client: Client) -> None:
        client.drop(name)
        client.make_collection(name, metadata={"made_by": "somebody"})

    vectors._store.write(name, usurp)
    vectors._store._asking.forget_all()
    with pytest.raises(OutdatedIndexError, match="is not Storydesk's; `storydesk rebuild` makes it anew"):
        by_vectors(engine)
    with pytest.raises(OutdatedIndexError, match="is not Storydesk's"):
        add(engine, "The tunnel was opened in June.")
    engine.rebuild()
    assert by_vectors(engine)[1] == []
    assert_whole(engine)


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody but its owner vouches for, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vectors")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
