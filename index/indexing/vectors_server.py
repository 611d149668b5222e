"""Chroma on a server, which may be down, slow, restarted or somebody else's."""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from index.errors import SettingsError, StorydeskError, VectorServerError
from index.indexing.chroma import Client, connect, line
from index.indexing.vectors_folder import other_dimension
from index.settings import IndexSettings

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_PORTS = {"http": 80, "https": 443}
_REST_SECONDS = 10.0
"""How long no question tries a server that just failed one, so that not each of them waits."""
_WRITING_SECONDS = 60.0
"""How long a step of a write may take: the server indexes some hundred vectors a second."""
_LONGEST_PAUSE_SECONDS = 15.0
_LOST = "Nothing found on disk"

OnWait = Callable[[int, int], None]
"""Hears how many seconds of how many were waited."""


@dataclass
class _Patience(threading.local):
    """How long writes of this thread wait for the server, in seconds (None: as long as the settings say)."""

    seconds: float | None = None
    on_wait: OnWait | None = field(default=None)


class VectorsServer:
    """Chroma on the server of `settings.chroma_url`. Nothing is asked of it before it is used."""

    def __init__(self, settings: IndexSettings) -> None:
        assert settings.chroma_url is not None
        address = urlsplit(settings.chroma_url)
        self._name = f"{address.scheme}://{address.netloc}"
        tls = _tls(settings) if address.scheme == "https" else None
        clients = [
            connect(
                address.hostname or "",
                address.port or _PORTS[address.scheme],
                headers=settings.chroma_header_values(),
                tls=tls,
                seconds=seconds,
                on_response=_refuse_what_is_not_chromas,
            )
            for seconds in (settings.chroma_question_seconds, _WRITING_SECONDS)
        ]
        self._asking, self._writing = clients
        self._write_seconds = settings.chroma_write_seconds
        self._breaker = threading.Lock()
        self._resting_until = 0.0
        self._rest_seconds = max(_REST_SECONDS, settings.chroma_question_seconds)
        self._patience = _Patience()
        self._closed = threading.Event()

    trusted_seconds = 300.0
    """How long a collection that was complete is taken to be so still: others' hands may be on it."""

    def read(self, name: str | None, work: Callable[[Client], _Result]) -> _Result:
        """Run `work`, which reads the collection `name`, if the server is not known to be down.

        Raises VectorServerError, also when the server takes too long.
        """
        with self._breaker:
            now = time.monotonic()
            if now < self._resting_until:
                raise self._unreachable("it just failed")
            if self._resting_until:
                self._resting_until = now + self._rest_seconds  # this one tries, and no other waits for it
        return self._run(self._asking, work)

    def write(self, name: str | None, work: Callable[[Client], _Result]) -> _Result:
        """Run `work`, which changes the collection `name`, again and again until the server can be reached.

        What `work` does must be the same when it is done twice. Raises VectorServerError.
        """
        patience = self._write_seconds if self._patience.seconds is None else self._patience.seconds
        began = time.monotonic()
        pause = 0.5
        if patience == 0 and began < self._resting_until:
            raise self._unreachable("it just failed")
        while True:
            try:
                return self._run(self._writing, work)
            except _RefusedError:
                raise
            except VectorServerError as error:
                waited = time.monotonic() - began
                if waited >= patience:
                    raise
                _log.info("waiting for the vector server: %s", error)
            if self._patience.on_wait is not None:
                self._patience.on_wait(int(waited), int(patience))
            if self._closed.wait(min(pause, max(0.0, patience - waited))):
                raise self._unreachable("this process ends")
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def drop(self, name: str) -> None:
        """Delete a collection; harmless when there is none. Raises VectorServerError."""
        self.write(name, lambda client: client.drop(name))

    @contextmanager
    def waiting(self, *, seconds: float | None = None, on_wait: OnWait | None = None) -> Iterator[None]:
        """Writes of this thread wait for the server so long meanwhile, and `on_wait` hears of it."""
        before = self._patience.seconds, self._patience.on_wait
        self._patience.seconds, self._patience.on_wait = seconds, on_wait
        try:
            yield
        finally:
            self._patience.seconds, self._patience.on_wait = before

    def close(self) -> None:
        """Close all connections; writes that wait give up."""
        if not self._closed.is_set():
            self._closed.set()
            self._asking.close()
            self._writing.close()

    def _run(self, client: Client, work: Callable[[Client], _Result]) -> _Result:
        import httpx
        from chromadb.errors import NotFoundError

        if self._closed.is_set():
            raise self._unreachable("the connection was closed; start again")
        with self._errors(client):
            try:
                result = work(client)
            except NotFoundError:
                client.forget_all()  # the server lost it, or it was made anew
                result = work(client)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                result = work(client)  # over a connection that was kept and that a restart has cut
        with self._breaker:
            if self._resting_until:
                _log.info("the vector server %s can be reached again", self._name)
            self._resting_until = 0.0
        return result

    @contextmanager
    def _errors(self, client: Client) -> Iterator[None]:
        """Turn whatever goes wrong into an error of ours, and let the server rest if it is not well."""
        import httpx
        from chromadb.errors import ChromaError

        try:
            yield
        except StorydeskError:
            raise
        except _StrangeAnswer as error:
            self._rest(error)
            raise (_RefusedError if error.is_refusal else VectorServerError)(self._sentence(str(error))) from error
        except httpx.HTTPError as error:
            self._rest(error)
            raise self._unreachable(line(error)) from error
        except ChromaError as error:
            if "dimension" in str(error):
                raise other_dimension(error) from error
            if _LOST in str(error):
                raise VectorServerError(
                    f"The vector server {self._name} has too many collections for its limit of open files; "
                    "restart it with a higher one (five for each library)."
                ) from error
            raise VectorServerError(f"The vector server {self._name} failed ({line(error)}); look at it.") from error
        except Exception as error:  # noqa: BLE001 - what Chroma's client makes of an unreadable answer may repeat it
            self._rest(error)
            why = f"it does not answer as Chroma does: {type(error).__name__}; check STORYDESK_CHROMA_URL"
            raise _RefusedError(self._sentence(why)) from None

    def _rest(self, error: BaseException) -> None:
        import httpx

        with self._breaker:
            if not self._resting_until:
                why = line(error) if isinstance(error, httpx.HTTPError | _StrangeAnswer) else type(error).__name__
                _log.warning("the vector server %s cannot be used: %s", self._name, why)
            self._resting_until = time.monotonic() + self._rest_seconds
        for client in (self._asking, self._writing):
            client.forget_all()  # it may come back with other data

    def _unreachable(self, why: str) -> VectorServerError:
        return VectorServerError(self._sentence(why))

    def _sentence(self, why: str) -> str:
        return f"The vector server {self._name} cannot be used ({why}); start it, and what is unfinished goes on."


class _RefusedError(VectorServerError):
    """The server, or what stands in front of it, does not want us: waiting does not help."""


class _StrangeAnswer(Exception):  # noqa: N818 - turned into an error of ours where it is caught
    """A response that is not Chroma's. Its text is not repeated: it may repeat our headers."""

    def __init__(self, status: int) -> None:
        self.is_refusal = 300 <= status < 500 and status not in (408, 425, 429)
        hint = "; check STORYDESK_CHROMA_HEADERS" if status in (401, 403, 407) else ""
        super().__init__(f"it answers with HTTP status {status}{hint}")


def _refuse_what_is_not_chromas(response: Any) -> None:
    """Chroma says in JSON what went wrong; any other failure is of a proxy or of another kind of server."""
    if not response.is_success and (response.status_code in (401, 403, 407) or not _is_chromas_error(response)):
        raise _StrangeAnswer(response.status_code)


def _is_chromas_error(response: Any) -> bool:
    from chromadb.errors import error_types

    response.read()
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("error") in error_types and isinstance(body.get("message"), str)


def _tls(settings: IndexSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.chroma_ca_file)
    except OSError as error:  # an SSLError is one
        raise SettingsError(
            f"STORYDESK_CHROMA_CA_FILE cannot be read as certificates ({line(error)}); give a file in PEM format."
        ) from error
