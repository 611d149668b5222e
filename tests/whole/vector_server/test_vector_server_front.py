"""What stands in front of a Chroma server, or in its place: proxies, certificates, somebody else's."""

import logging
import ssl
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from chroma_servers import (
    BRIDGE,
    UNREACHABLE,
    ChromaServer,
    assert_whole,
    by_vectors,
    wait_until,
)

from index.errors import OutdatedIndexError, SettingsError, VectorServerError
from index.indexing.chroma import Client

pytestmark = pytest.mark.slow


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
