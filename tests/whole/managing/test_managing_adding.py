"""`/stories add` and "Add as story": files, texts and messages, checked before anything is fetched or stored."""

import json
from collections.abc import Callable
from typing import Any

import discord
import pytest

from bot import sent
from index.errors import StorageError

TEXT = "The old bridge was closed on Friday. Forty boats waited."


def text_of(result: Any) -> str:
    (embed,) = result.response.embeds
    return "\n".join(filter(None, [embed.title, embed.description]))


async def test_a_file_is_stored_in_the_servers_library_and_written_into_the_audit_log(
    town: Any, prepared_engine: Any, audited: Any, assert_quiet: Callable[[], None], caplog: Any
) -> None:
    result = await town.manager.slash(town.channel, "stories add", file=("bridge.txt", TEXT.encode()), title="Bridge")
    assert result.ephemeral
    assert text_of(result) == "✓ **Bridge** · Added"
    (document,) = prepared_engine.documents
    assert document["library"] == town.library
    assert document["data"] == TEXT.encode()
    assert document["identity"].startswith("discord:attachment:")
    (story_id,) = prepared_engine.kept[town.library]
    by = {"server_id": town.guild.id, "person_id": town.manager.id, "library": town.library}
    assert audited() == [{"event": "story sent"} | by, {"event": "story added", "story_id": story_id} | by]
    assert TEXT not in caplog.text
    assert_quiet()


async def test_a_text_is_stored_with_its_title_and_day(town: Any, prepared_engine: Any) -> None:
    await town.manager.slash(town.channel, "stories add", text=TEXT, title="Bridge", published="2026-03-01")
    (document,) = prepared_engine.documents
    assert json.loads(document["data"]) == {"title": "Bridge", "text": TEXT, "published_at": "2026-03-01"}
    assert document["name"] == "text.json"


async def test_without_either_a_text_is_asked_for(town: Any, prepared_engine: Any) -> None:
    shown = await town.manager.slash(town.channel, "stories add")
    assert shown.modal is not None
    fields = [row["component"]["custom_id"] for row in shown.modal["components"]]
    result = await town.manager.submit_modal(shown, dict(zip(fields, ["Bridge", f"{TEXT}\n\nMore."], strict=True)))
    assert text_of(result) == "✓ **Bridge** · Added"
    assert json.loads(prepared_engine.documents[0]["data"])["text"] == f"{TEXT}\n\nMore."


async def test_who_lost_the_right_while_they_wrote_stores_nothing(town: Any, prepared_engine: Any) -> None:
    shown = await town.manager.slash(town.channel, "stories add")
    town.demote_manager()
    fields = [row["component"]["custom_id"] for row in shown.modal["components"]]
    result = await town.manager.submit_modal(shown, dict(zip(fields, ["Bridge", TEXT], strict=True)))
    assert "Manage Server" in text_of(result)
    assert prepared_engine.documents == []


async def test_a_file_and_a_text_together_are_refused(town: Any, prepared_engine: Any) -> None:
    result = await town.manager.slash(town.channel, "stories add", file=("a.txt", b"x"), text=TEXT)
    assert "not both" in text_of(result)
    assert prepared_engine.documents == []


@pytest.mark.parametrize(
    ("name", "size", "said"), [("virus.exe", 3, "kind of file"), ("big.txt", 2_000, "Send the story's text")]
)
async def test_files_too_large_or_of_another_kind_are_refused_before_they_are_fetched(
    name: str, size: int, said: str, town: Any, prepared_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent, "MOST_BYTES", 1_000)

    async def fetch(attachment: discord.Attachment, **options: Any) -> bytes:
        raise AssertionError("fetched")

    monkeypatch.setattr(discord.Attachment, "read", fetch)
    result = await town.manager.slash(town.channel, "stories add", file=(name, b"x" * size))
    assert said in text_of(result)
    assert prepared_engine.documents == []


async def test_what_cannot_be_read_says_why(town: Any) -> None:
    result = await town.manager.slash(town.channel, "stories add", file=("a.txt", b"  "))
    assert text_of(result).startswith("✗ a.txt: This has no words")


async def test_another_library_of_the_server_can_be_chosen_and_no_other(
    town: Any, make_town: Any, prepared_engine: Any
) -> None:
    await town.manager.slash(town.channel, "libraries add", title="Sports")
    (choice,) = await town.manager.autocomplete(town.channel, "stories add", "library", "sport")
    await town.manager.slash(town.channel, "stories add", text=TEXT, library=choice["value"])
    assert [each["library"] for each in prepared_engine.documents] == [choice["value"]]
    for library in (make_town().library, "public", "samples"):
        result = await town.manager.slash(town.channel, "stories add", text=TEXT, library=library)
        assert "no such library" in text_of(result)
    assert len(prepared_engine.documents) == 1


async def test_a_failure_of_the_store_is_a_sentence_with_a_number(town: Any, prepared_engine: Any, caplog: Any) -> None:
    prepared_engine.error = StorageError("The disk of /home/someone is full.")
    result = await town.manager.slash(town.channel, "stories add", text=TEXT)
    assert "/home" not in text_of(result)
    number = text_of(result).split("`")[1]
    assert number in caplog.text


async def test_a_message_becomes_a_story_with_its_day_and_the_way_to_it(
    town: Any, prepared_engine: Any, audited: Any
) -> None:
    message = await town.reader.send(town.channel, f"{TEXT} @everyone")
    result = await town.manager.context_menu(town.channel, "Add as story", message)
    assert result.ephemeral
    (document,) = prepared_engine.documents
    fields = json.loads(document["data"])
    assert fields["text"] == f"{TEXT} @everyone"
    assert fields["url"].endswith(f"/{town.guild.id}/{town.channel.id}/{message.id}")
    assert document["identity"] == f"discord:message:{message.id}"
    assert [each["event"] for each in audited()] == ["story sent", "story added"]


async def test_the_files_of_a_message_are_stories_too_and_other_files_are_left(town: Any, prepared_engine: Any) -> None:
    files = [("a.txt", TEXT.encode()), ("picture.png", b"x"), ("b.md", b"# Tower\nIt opened.")]
    message = await town.reader.send(town.channel, "", attachments=files)
    await town.manager.context_menu(town.channel, "Add as story", message)
    assert [each["name"] for each in prepared_engine.documents] == ["a.txt", "b.md"]


async def test_an_empty_message_and_an_answer_of_the_bot_are_refused(town: Any, prepared_engine: Any) -> None:
    message = await town.reader.send(town.channel, "", attachments=[("picture.png", b"x")])
    assert "no text" in text_of(await town.manager.context_menu(town.channel, "Add as story", message))
    answer = await town.manager.slash(town.channel, "ask", question="What was closed?", private=False)
    result = await town.manager.context_menu(town.channel, "Add as story", answer.response.message)
    assert "answer of mine" in text_of(result)
    assert prepared_engine.documents == []


@pytest.mark.parametrize("in_a_form", [True, False])
async def test_a_storys_text_is_not_logged_when_it_cannot_be_stored(
    in_a_form: bool, town: Any, prepared_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    prepared_engine.error = RuntimeError(f"cannot embed {TEXT!r}")
    if in_a_form:
        form = await town.manager.slash(town.channel, "stories add")
        fields = [row["component"]["custom_id"] for row in form.modal["components"]]
        await town.manager.submit_modal(form, dict(zip(fields, ["", TEXT], strict=True)))
    else:
        await town.manager.slash(town.channel, "stories add", text=TEXT)
    assert "cannot embed" in caplog.text
    assert TEXT[:20] not in caplog.text
    assert TEXT[-20:] not in caplog.text


async def test_a_messages_text_is_not_logged_when_one_of_several_things_cannot_be_stored(
    town: Any, prepared_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    prepared_engine.error = RuntimeError(f"cannot embed {TEXT!r}")
    message = await town.reader.send(town.channel, TEXT, attachments=[("a.txt", b"Something else.")])
    await town.manager.context_menu(town.channel, "Add as story", message)
    assert "cannot embed" in caplog.text
    assert TEXT[:20] not in caplog.text


async def test_files_of_a_message_that_are_not_taken_are_named_with_the_reason(town: Any, prepared_engine: Any) -> None:
    names = [f"{letter}.txt" for letter in "abcdefg"]
    files = [*((name, TEXT.encode()) for name in names), ("picture.png", b"x")]
    message = await town.reader.send(town.channel, "", attachments=files)
    said = text_of(await town.manager.context_menu(town.channel, "Add as story", message))
    assert [each["name"] for each in prepared_engine.documents] == names[:5]
    assert said.count("✓") == 5
    assert "✗ f.txt: I take at most 5 files" in said
    assert "✗ g.txt: I take at most 5 files" in said
    assert "✗ picture.png: This kind of file" in said


async def test_what_was_stored_before_a_failure_is_told_with_it(
    town: Any, prepared_engine: Any, caplog: pytest.LogCaptureFixture
) -> None:
    prepared_engine.error, prepared_engine.error_not_for = StorageError("Full: /home/someone"), ("a.txt",)
    files = [(name, TEXT.encode()) for name in ("a.txt", "b.txt", "c.txt")]
    message = await town.reader.send(town.channel, "", attachments=files)
    first, second, third = text_of(await town.manager.context_menu(town.channel, "Add as story", message)).splitlines()
    assert first.startswith("✓")
    assert second.startswith("✗ b.txt: What I keep cannot be read")
    assert second.split("`")[1] in caplog.text
    assert third.startswith("✗ c.txt: Not begun")
    assert len(prepared_engine.documents) == 2


async def test_the_day_that_is_given_with_a_file_is_stored(town: Any, prepared_engine: Any) -> None:
    file = ("bridge.txt", TEXT.encode())
    await town.manager.slash(town.channel, "stories add", file=file, published="23 May 2025")
    assert [each["published_at"] for each in prepared_engine.documents] == ["2025-05-23"]


@pytest.mark.parametrize("given", [{"text": TEXT}, {"file": ("bridge.txt", TEXT.encode())}, {}])
async def test_a_day_that_is_none_is_refused_by_the_options_name(
    given: dict[str, Any], town: Any, prepared_engine: Any
) -> None:
    result = await town.manager.slash(town.channel, "stories add", published="05/06/2025", **given)
    assert "I do not understand `published:`" in text_of(result)
    assert prepared_engine.documents == []
