"""Chroma itself: its engine opened on a folder or on a server, and its collections by name."""

import ctypes
import logging
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from ssl import SSLContext
from typing import Any

_log = logging.getLogger(__name__)
_PAGE = 1_000
_FILES_A_COLLECTION = 5
_FILES_FOR_THE_REST = 256
MOST_COLLECTIONS = 256
"""Each keeps about 3 MB in memory however few passages it has, so more are not kept open even if they could be."""
_NEVER_FULL = 1_000_000
_SYNC_AFTER = 100
"""Vectors after which a collection's index is brought from Chroma's log to its own files. Below Chroma's 1,000 a small
collection is opened in 4 ms instead of 40, as its part of the log need not be searched for; adding takes as long."""


class Client:
    """Chroma's collections by name, with what was learned of them while this client was open."""

    def __init__(self, system: Any, api: Any) -> None:
        self._system = system
        self._api = api
        self._handles: dict[str, Any] = {}
        self._batch: int | None = None
        self._complete: dict[str, float] = {}

    @property
    def batch(self) -> int:
        """How many vectors may be written at once."""
        if self._batch is None:
            self._batch = max(1, self._api.get_max_batch_size())
        return self._batch

    def collection(self, name: str) -> Any:
        """The collection of that name, None when there is none."""
        from chromadb.errors import NotFoundError

        if name not in self._handles:
            try:
                self._handles[name] = self._handle(self._api.get_collection(name))
            except NotFoundError:
                return None
        return self._handles[name]

    def make_collection(self, name: str, *, metadata: Mapping[str, str]) -> Any:
        """The collection of that name, made if need be; one that exists keeps the metadata it has."""
        if name not in self._handles:
            configuration = {"hnsw": {"space": "cosine", "sync_threshold": _SYNC_AFTER}}
            self._handles[name] = self._handle(
                self._api.get_or_create_collection(name, metadata=dict(metadata), configuration=configuration)
            )
        return self._handles[name]

    def drop(self, name: str) -> None:
        """Delete the collection of that name; harmless when there is none."""
        from chromadb.errors import NotFoundError

        self.forget(name)
        try:
            self._api.delete_collection(name)
        except NotFoundError:
            _log.debug("there was no collection %s to delete", name)

    def names(self) -> list[str]:
        """The names of all collections."""
        names: list[str] = []
        while page := self._api.list_collections(limit=_PAGE, offset=len(names)):
            names.extend(collection.name for collection in page)
        return names

    def is_complete(self, name: str, *, for_seconds: float) -> bool:
        """Whether `completed` was called for the collection within that time."""
        return time.monotonic() - self._complete.get(name, float("-inf")) < for_seconds

    def completed(self, name: str) -> None:
        """Remember that the collection has what it should have."""
        self._complete[name] = time.monotonic()

    def forget(self, name: str) -> None:
        """Forget what was learned of a collection."""
        self._handles.pop(name, None)
        self._complete.pop(name, None)

    def forget_all(self) -> None:
        """Forget what was learned of all collections."""
        self._handles.clear()
        self._complete.clear()

    def close(self) -> None:
        """Let go of files and connections."""
        self.forget_all()
        self._system.stop()
        if (session := getattr(self._api, "_session", None)) is not None:
            session.close()

    def _handle(self, model: Any) -> Any:
        from chromadb.api.models.Collection import Collection

        return Collection(client=self._api, model=model, embedding_function=None)


def open_folder(path: Path) -> Client:
    """Chroma on the files in `path`; raises whatever Chroma raises."""
    return Client(*_start(is_persistent=True, persist_directory=str(path), api="rust.RustBindingsAPI"))


def connect(
    host: str, port: int, *, headers: Mapping[str, str], tls: SSLContext | None, seconds: float, on_response: Any
) -> Client:
    """Chroma on a server, which is not asked anything yet; each step of a request may take `seconds`.

    `tls` is how its certificate is checked, None for plain HTTP. `on_response` gets every response first, and may
    raise.
    """
    import httpx

    system, api = _start(
        api="fastapi.FastAPI",
        # A whole URL, as a host alone would get brackets and ports wrong.
        chroma_server_host=f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}",
        chroma_server_http_port=port,
        chroma_server_ssl_enabled=tls is not None,
    )
    # Chroma's own session waits for ever, and takes a file of certificates only in a way that is to be removed.
    own = api._session
    api._session = httpx.Client(
        timeout=seconds,
        verify=tls or True,
        headers={**own.headers, **headers},
        event_hooks={"response": [on_response]},
    )
    own.close()
    return Client(system, api)


def _start(*, api: str, **settings: Any) -> tuple[Any, Any]:
    # Half a second: only who searches pays for it.
    from chromadb.api import ServerAPI
    from chromadb.config import Settings, System

    # `.env` is ours, not Chroma's. Its shared clients are passed by: one that failed to open stays behind among them.
    settings |= {"chroma_api_impl": f"chromadb.api.{api}", "anonymized_telemetry": False, "_env_file": None}
    system = System(Settings(**settings))
    server_api: Any = system.instance(ServerAPI)  # type: ignore[type-abstract] # the settings name the class
    if hasattr(server_api, "hnsw_cache_size"):
        # Chroma would close collections by itself at a fifth of the limit of open files (in parts of its cache long
        # before), and cannot read a small one again. How many are open is for us to see to.
        server_api.hnsw_cache_size = _NEVER_FULL
    system.start()
    return system, server_api


def most_collections(limit: int) -> int:
    """How many collections may be open at once under a soft limit of `limit` open files.

    Some files are left for the rest of the process.
    """
    return max(1, min(MOST_COLLECTIONS, max(limit - _FILES_FOR_THE_REST, limit // 4) // _FILES_A_COLLECTION))


def raise_file_limit() -> tuple[int, int]:
    """Raise the soft limit of open files to the hard one (Chroma keeps 4 a collection); returns (soft, hard)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError) as error:  # macOS reports an unlimited hard limit that it then refuses
            _log.info("the limit of open files stays at %s: %s", soft, error)
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def give_memory_back() -> None:
    """Return to the system what Chroma freed: the allocator keeps it, and each opening takes more."""
    if _malloc_trim is not None:
        _malloc_trim(0)


def _find_malloc_trim() -> Callable[[int], int] | None:
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of the GNU C library only
    return found


_malloc_trim = _find_malloc_trim()


def line(error: BaseException) -> str:
    """What an error says, on one line of at most 300 characters."""
    return (" ".join(str(error).split()) or type(error).__name__)[:300]
