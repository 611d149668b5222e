"""A Chroma server of a test's own, something that stands in front of it, and how an engine over it is looked at."""

import http.client
import http.server
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.engine import Engine

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


def by_vectors(engine: Engine, question: str = QUESTION, **options: Any) -> tuple[list[str], list[str]]:
    """The texts that the vectors find, and what was noted."""
    notes: list[str] = []
    found = engine.find(question, leg="vectors", on_note=notes.append, **options)
    return [finding.text for finding in found], notes


def assert_whole(engine: Engine) -> None:
    """Fails unless catalog and indexes have the same, and each passage is found by its own vector."""
    assert [trouble for health in engine.check() for trouble in health.troubles] == []
