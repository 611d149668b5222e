import re
from pathlib import Path

import pytest

from bot.settings import known_names, load_settings
from index.errors import SettingsError

ROOT = Path(__file__).parents[3]
DIGEST = "0123456789abcdef" * 4


def test_nothing_set_gives_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    settings = load_settings(folder=tmp_path, environment={})
    assert settings.index.home == tmp_path / "data" / "storydesk"
    assert settings.index.model_folder is None
    assert settings.index.model_sha256 is None
    assert settings.index.model_dtype == "auto"
    assert settings.index.lock_wait_seconds == 60
    assert settings.bot.discord_token is None
    assert settings.bot.question_seconds == 60
    assert (settings.bot.public_library, settings.bot.public_for_all) == ("public", False)
    assert settings.bot.direct_messages is True
    assert (settings.bot.grace_days, settings.bot.answer_days) == (30, 7)


def test_every_setting_is_read_from_the_environment(tmp_path: Path) -> None:
    environment = {
        "DISCORD_TOKEN": "a.b.c",
        "STORYDESK_HOME": "/srv/stories",
        "STORYDESK_MODEL_FOLDER": "/srv/model",
        "STORYDESK_MODEL_SHA256": DIGEST,
        "STORYDESK_MODEL_DTYPE": "float32",
        "STORYDESK_READER_MODEL": " someone/reader ",
        "STORYDESK_READ_PASSAGES": "0",
        "STORYDESK_RANKER_MODEL": "/srv/ranker",
        "STORYDESK_RANK_PASSAGES": "12",
        "STORYDESK_LOCK_WAIT_SECONDS": "2.5",
        "STORYDESK_QUESTION_SECONDS": "9",
        "STORYDESK_PUBLIC_LIBRARY": "city",
        "STORYDESK_PUBLIC_FOR_ALL": "true",
        "STORYDESK_DIRECT_MESSAGES": "no",
        "STORYDESK_GRACE_DAYS": "14",
        "STORYDESK_ANSWER_DAYS": "3",
        "STORYDESK_LOG_FORMAT": "json",
        "STORYDESK_METRICS_PORT": "9090",
        "STORYDESK_CHROMA_URL": "https://vectors.example.org:8443/",
        "STORYDESK_CHROMA_HEADERS": "Authorization: Bearer abc; X-Desk: night",
        "STORYDESK_CHROMA_CA_FILE": "/srv/own-ca.pem",
        "STORYDESK_CHROMA_QUESTION_SECONDS": "1.5",
        "STORYDESK_CHROMA_WRITE_SECONDS": "30",
        "STORYDESK_EVAL_CORPUS": "/srv/corpus.jsonl",
        "STORYDESK_EVAL_QUESTIONS": "/srv/questions.jsonl",
        "STORYDESK_EVAL_REFUSALS": "refusals.jsonl",
        "STORYDESK_EVAL_CACHE": "/srv/cache",
    }
    assert set(environment) == known_names()
    settings = load_settings(folder=tmp_path, environment=environment)
    assert settings.bot.discord_token is not None
    assert settings.bot.discord_token.get_secret_value() == "a.b.c"
    assert settings.index.home == Path("/srv/stories")
    assert settings.index.model_folder == Path("/srv/model")
    assert settings.index.model_sha256 == DIGEST
    assert settings.index.model_dtype == "float32"
    assert (settings.index.reader_model, settings.index.read_passages) == ("someone/reader", 0)
    assert (settings.index.ranker_model, settings.index.rank_passages) == ("/srv/ranker", 12)
    assert settings.index.lock_wait_seconds == 2.5
    assert settings.bot.question_seconds == 9
    assert (settings.bot.public_library, settings.bot.public_for_all) == ("city", True)
    assert settings.bot.direct_messages is False
    assert (settings.bot.grace_days, settings.bot.answer_days) == (14, 3)
    assert settings.index.chroma_url == "https://vectors.example.org:8443"
    assert settings.index.chroma_header_values() == {"Authorization": "Bearer abc", "X-Desk": "night"}
    assert settings.index.chroma_ca_file == Path("/srv/own-ca.pem")
    assert settings.index.chroma_question_seconds == 1.5
    assert settings.index.chroma_write_seconds == 30
    assert settings.evaluation.eval_corpus == Path("/srv/corpus.jsonl")
    assert settings.evaluation.eval_questions == Path("/srv/questions.jsonl")
    assert settings.evaluation.eval_refusals == tmp_path / "refusals.jsonl"
    assert settings.evaluation.eval_cache == Path("/srv/cache")


def test_only_the_given_environment_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYDESK_LOCK_WAIT_SECONDS", "5")
    monkeypatch.setenv("STORYDESK_QUESTION_SECONDS", "5")
    monkeypatch.setenv("DISCORD_TOKEN", "leaked")
    settings = load_settings(folder=tmp_path, environment={})
    assert settings.index.lock_wait_seconds == 60
    assert settings.bot.question_seconds == 60
    assert settings.bot.discord_token is None


def test_the_process_environment_and_working_folder_are_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in known_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STORYDESK_HOME", "/srv/from-environment")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("STORYDESK_QUESTION_SECONDS=7\n")
    settings = load_settings()
    assert settings.index.home == Path("/srv/from-environment")
    assert settings.bot.question_seconds == 7


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STORYDESK_LOCK_WAIT_SECONDS=1\nSTORYDESK_QUESTION_SECONDS=2\n")
    settings = load_settings(folder=tmp_path, environment={"STORYDESK_LOCK_WAIT_SECONDS": "3"})
    assert settings.index.lock_wait_seconds == 3
    assert settings.bot.question_seconds == 2


def test_an_empty_value_is_no_value(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKEN=\nSTORYDESK_MODEL_FOLDER=   \n")
    settings = load_settings(folder=tmp_path, environment={"STORYDESK_LOCK_WAIT_SECONDS": ""})
    assert settings.bot.discord_token is None
    assert settings.index.model_folder is None
    assert settings.index.lock_wait_seconds == 60


def test_a_byte_order_mark_in_front_of_the_env_file_is_not_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\ufeffSTORYDESK_QUESTION_SECONDS=7\n", encoding="utf-8")
    assert load_settings(folder=tmp_path, environment={}).bot.question_seconds == 7


def test_folders_may_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environment = {
        "STORYDESK_HOME": "~/stories",
        "STORYDESK_MODEL_FOLDER": "~/model",
        "STORYDESK_MODEL_SHA256": DIGEST,
    }
    settings = load_settings(folder=tmp_path, environment=environment)
    assert settings.index.home == tmp_path / "stories"
    assert settings.index.model_folder == tmp_path / "model"


def test_a_tilde_of_an_unknown_user_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="STORYDESK_HOME begins with ~"):
        load_settings(folder=tmp_path, environment={"STORYDESK_HOME": "~no-such-user-here/stories"})


def test_relative_folders_are_made_absolute(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STORYDESK_HOME=stories\n")
    assert load_settings(folder=tmp_path, environment={}).index.home == tmp_path / "stories"


def test_an_unknown_variable_is_named_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(folder=tmp_path, environment={"STORYDESK_HOEM": "/x", "PATH": "/bin"})
    assert "STORYDESK_HOEM" in str(caught.value)
    assert "STORYDESK_HOME" in str(caught.value)
    assert "PATH" not in str(caught.value).replace("STORYDESK", "")


def test_any_unknown_key_of_the_env_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKN=secret-value\nOTHER=1\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(folder=tmp_path, environment={})
    assert "DISCORD_TOKN" in str(caught.value)
    assert "OTHER" in str(caught.value)
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORYDESK_LOCK_WAIT_SECONDS", "soon"),
        ("STORYDESK_LOCK_WAIT_SECONDS", "-1"),
        ("STORYDESK_LOCK_WAIT_SECONDS", "nan"),
        ("STORYDESK_LOCK_WAIT_SECONDS", "inf"),
        ("STORYDESK_QUESTION_SECONDS", "0"),
        ("STORYDESK_QUESTION_SECONDS", "841"),
        ("STORYDESK_MODEL_DTYPE", "float8"),
        ("STORYDESK_MODEL_SHA256", "abc"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable_and_not_repeated(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(folder=tmp_path, environment={name: f"{value}"})
    assert str(caught.value).startswith(f"Wrong setting: {name}: ")
    assert "\n" not in str(caught.value)


def test_all_wrong_values_are_named_at_once_within_a_class(tmp_path: Path) -> None:
    environment = {"STORYDESK_LOCK_WAIT_SECONDS": "soon", "STORYDESK_MODEL_DTYPE": "float8"}
    with pytest.raises(SettingsError) as caught:
        load_settings(folder=tmp_path, environment=environment)
    assert all(name in str(caught.value) for name in environment)


@pytest.mark.parametrize("line", ["MTIz.secret.part", "DISCORD TOKEN=secret", 'DISCORD_TOKEN="secret', "a.secret.b="])
def test_a_line_that_is_no_setting_is_refused_by_its_number_without_its_text(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"# settings\n{line}\n")
    with pytest.raises(SettingsError, match="Line 2 of") as caught:
        load_settings(folder=tmp_path, environment={})
    assert "secret" not in str(caught.value)


def test_an_env_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"STORYDESK_HOME=\xff\xfe\n")
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        load_settings(folder=tmp_path, environment={})


def test_a_folder_called_env_is_no_settings_file(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert load_settings(folder=tmp_path, environment={}) == load_settings(folder=tmp_path / "other", environment={})


def test_another_model_needs_its_digest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="STORYDESK_MODEL_SHA256"):
        load_settings(folder=tmp_path, environment={"STORYDESK_MODEL_FOLDER": "/srv/model"})


def test_the_token_does_not_show_in_the_settings(tmp_path: Path) -> None:
    settings = load_settings(folder=tmp_path, environment={"DISCORD_TOKEN": "very-secret"})
    assert "very-secret" not in f"{settings!r} {settings}"


def test_the_example_names_every_setting_and_no_other() -> None:
    names = re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(names) == sorted(known_names())


def test_the_example_can_be_loaded_as_it_is_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    assert load_settings(folder=tmp_path, environment={}) == load_settings(folder=tmp_path / "other", environment={})


def test_the_example_with_every_line_in_use_gives_the_defaults_it_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    example = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(re.sub(r"^# (?=[A-Z][A-Z0-9_]+=)", "", example, flags=re.MULTILINE))
    assert load_settings(folder=tmp_path, environment={}) == load_settings(folder=tmp_path / "other", environment={})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://[::1]:8000", "https://vectors.example.org"])
def test_the_address_of_a_vector_server_is_a_host_and_a_port(url: str, tmp_path: Path) -> None:
    for given in (url, f"{url}/", f" {url} "):
        settings = load_settings(folder=tmp_path, environment={"STORYDESK_CHROMA_URL": given})
        assert settings.index.chroma_url == url


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8000", "localhost", "ftp://host", "http://", "http://:8000", "http://host:port", "http://host:99999",
     "http://host:0", "http://h ost", "http://host/api", "http://host?x=1", "http://host?", "http://host#part",
     "http://us3r:pa55@host", "file:///etc/passwd", "http://[::1", "http://host\\evil"],
)  # fmt: skip
def test_an_address_that_a_vector_server_cannot_have_is_refused_in_one_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^Wrong setting: STORYDESK_CHROMA_URL: ") as failure:
        load_settings(folder=tmp_path, environment={"STORYDESK_CHROMA_URL": url})
    assert "Value error" not in str(failure.value)
    assert "pa55" not in str(failure.value)


SERVER = {"STORYDESK_CHROMA_URL": "http://127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("Authorization: Bearer s3cr3t=", {"Authorization": "Bearer s3cr3t="}),
        ("X-Token:s3cr3t", {"X-Token": "s3cr3t"}),
        ("A: 1; B: 2 ;", {"A": "1", "B": "2"}),
        ("Cookie: a=1; b=2\nX-Token: s3cr3t", {"Cookie": "a=1; b=2", "X-Token": "s3cr3t"}),
    ],
)
def test_headers_for_a_vector_server_are_given_by_name(text: str, headers: dict[str, str], tmp_path: Path) -> None:
    settings = load_settings(folder=tmp_path, environment=SERVER | {"STORYDESK_CHROMA_HEADERS": text})
    assert settings.index.chroma_header_values() == headers
    assert "s3cr3t" not in repr(settings)


@pytest.mark.parametrize(
    "text",
    ["s3cr3t", "Authorization", "Authorization:", ": s3cr3t", "Na me: s3cr3t", "Token: s3cr3t; oops", "Host: s3cr3t",
     "content-length: 53cr3t", "Token: s3cr\u00e93t", "Token: s3cr\x003t", "Token: a\rs3cr3t"],
)  # fmt: skip
def test_headers_that_are_none_are_refused_without_repeating_them(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"STORYDESK_CHROMA_HEADERS: header \d is ") as failure:
        load_settings(folder=tmp_path, environment=SERVER | {"STORYDESK_CHROMA_HEADERS": text})
    assert not re.search("s3cr|3cr3t", f"{failure.value!r} {failure.value.__cause__!r}")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"STORYDESK_CHROMA_HEADERS": "Token: s3cr3t"}, "STORYDESK_CHROMA_HEADERS is set without STORYDESK_CHROMA_URL"),
        (SERVER | {"STORYDESK_CHROMA_CA_FILE": "ca.pem"}, "STORYDESK_CHROMA_URL does not begin with https://"),
        (SERVER | {"STORYDESK_CHROMA_QUESTION_SECONDS": "0"}, "STORYDESK_CHROMA_QUESTION_SECONDS: "),
        (SERVER | {"STORYDESK_CHROMA_WRITE_SECONDS": "-1"}, "STORYDESK_CHROMA_WRITE_SECONDS: "),
    ],
)
def test_settings_of_a_vector_server_that_do_not_fit_are_refused(
    environment: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=sentence) as failure:
        load_settings(folder=tmp_path, environment=environment)
    assert "s3cr3t" not in str(failure.value)
