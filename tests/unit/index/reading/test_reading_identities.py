from pathlib import Path

import pytest

from index.reading.identities import canonical_url, identity_of, web_url

PAGE = "news.example/a"


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/a",
        "http://news.example/a",
        "HTTPS://News.Example/a",
        "https://news.example:443/a",
        "http://news.example:80/a",
        "https://news.example./a",
        "https://news.example/a#comments",
        "https://news.example/a?",
        "https://news.example/a?utm_source=x&utm_campaign=y",
        "https://news.example/a?fbclid=1&gclid=2&msclkid=3&mc_cid=4&igshid=5",
        "https://reader:secret@news.example/a",
        "  https://news.example/a\n",
    ],
)
def test_addresses_of_one_page_have_one_key(url: str) -> None:
    assert canonical_url(url) == PAGE


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://news.example", "news.example/"),
        ("https://news.example/A", "news.example/A"),
        ("https://news.example/a/", "news.example/a/"),
        ("https://news.example:8080/a", "news.example:8080/a"),
        ("https://news.example/a?id=5&utm_medium=x&page=2", "news.example/a?id=5&page=2"),
        ("https://news.example/?source=5", "news.example/?source=5"),
        ("https://news.example/?cid=5", "news.example/?cid=5"),
        ("https://news.example/caf%c3%a9", "news.example/caf%C3%A9"),
        ("https://[2001:DB8::1]/a", "[2001:db8::1]/a"),
        ("https://новини.example/a", "новини.example/a"),
    ],
)
def test_what_may_be_another_page_has_another_key(url: str, key: str) -> None:
    assert canonical_url(url) == key


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "ftp://news.example/a",
        "//news.example/a",
        "news.example/a",
        "https://",
        "https:///a",
        "https://news.example:99999/a",
        "https://[::1/a",
        "https://news.example/a b",
        "https://news.example/\x00",
        "https://news.example/\u202fa\u2028b",
        'https://news.example/"><script>',
        "https://news.example/" + "a" * 3_000,
        "",
    ],
)
def test_what_is_not_the_address_of_a_page_is_no_url(url: str) -> None:
    assert web_url(url) is None
    assert canonical_url(url) is None


def test_a_url_is_kept_as_it_was_given() -> None:
    assert web_url(" https://News.example/a?utm_source=x#b ") == "https://News.example/a?utm_source=x#b"


def test_an_id_goes_before_a_url_and_a_url_before_the_path(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    url = "https://news.example/a"
    assert identity_of(given_id="7", url=url, path=path) == "id:7"
    assert identity_of(given_id=None, url=url, path=path) == f"url:{PAGE}"
    assert identity_of(given_id=None, url=None, path=path) == f"path:{path.resolve()}"
    assert identity_of(given_id=None, url=None, path=path, number=3) == f"path:{path.resolve()}#3"


def test_two_paths_to_one_file_are_one_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "story.txt").write_text("A story.")
    (tmp_path / "link.txt").symlink_to("story.txt")
    monkeypatch.chdir(tmp_path)
    identities = {
        identity_of(given_id=None, url=None, path=path)
        for path in (Path("story.txt"), Path("./story.txt"), tmp_path / "link.txt")
    }
    assert len(identities) == 1
