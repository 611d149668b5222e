"""Which story a file holds: the same id, URL or path is the same story."""

import os
import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

_MAX_URL_CHARACTERS = 2_048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff<>\"]")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
# Parameters that say where a reader came from. Short lists of general words ("id", "source", "ref") would make one
# story of two: many sites number their articles with them.
_TRACKING = re.compile(
    r"utm_.*|(?:fb|g|d|wbra|gbra|y|msclk|tw|tt|igsh|irclick|s_)clid|gbraid|wbraid|msclkid|igshid?|mc_[ce]id|_ga|_gl|"
    r"_hs(?:enc|mi)|mkt_tok|vero_(?:id|conv)|oly_(?:anon|enc)_id|at_(?:medium|campaign|custom\d|link_.*|ptr_name|format|bbc_team)|"
    r"ns_(?:mchannel|source|campaign|linkname|fee)|cmpid|ocid|smid|smtyp|guccounter|guce_referrer(?:_sig)?|ftag|__twitter_impression",
    re.IGNORECASE,
)


def web_url(value: str) -> str | None:
    """`value` without surrounding white space when it is the http or https URL of a page, else None.

    Nothing is refused for a bad URL: another scheme (javascript:, file:), a missing host, white space or more than
    2,048 characters mean that the story has no URL.
    """
    url = value.strip()
    return url if _split(url) else None


def canonical_url(url: str) -> str | None:
    """The key that URLs of one page share: no scheme, fragment, default port, user name nor tracking parameters.

    "https://Example.com:443/a?utm_source=x#b" and "http://example.com/a" give "example.com/a". None when `url` is not
    the URL of a page.
    """
    parts = _split(url.strip())
    if parts is None or parts.hostname is None:
        return None
    host = parts.hostname.rstrip(".").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme.lower()]) else f":{parts.port}"
    kept = [pair for pair in parts.query.split("&") if pair and not _TRACKING.fullmatch(pair.partition("=")[0])]
    rest = (parts.path or "/") + (f"?{'&'.join(kept)}" if kept else "")
    return host + port + _ESCAPE.sub(lambda match: match[0].upper(), rest)


def identity_of(*, given_id: str | None, url: str | None, path: Path, number: int | None = None) -> str:
    """`id:...` when an id was given, else `url:...`, else `path:...` with the absolute path and `#number`."""
    if given_id:
        return f"id:{given_id}"
    if url and (key := canonical_url(url)):
        return f"url:{key}"
    return f"path:{shown(path.resolve())}" + (f"#{number}" if number is not None else "")


def shown(path: Path) -> str:
    """`path` as text that can be stored and printed: bytes of the name that are not UTF-8 are written as `\\xff`."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")


def _split(url: str) -> SplitResult | None:
    if len(url) > _MAX_URL_CHARACTERS or _UNSAFE.search(url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in _DEFAULT_PORTS and parts.hostname and (parts.port is None or parts.port >= 0)
    except ValueError:
        return None
    return parts if usable else None
