"""Every command, option and choice of the bot has a name and a description in every language, as Discord wants it."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from bot.syncing import commands_digest
from bot.translating import LANGUAGES, SOURCE, CommandTranslator, expected_places, texts
from bot.translating.commands import translation

OTHERS = [language for language in LANGUAGES if language != SOURCE]
LOCALES = {"de": ["de"], "fr": ["fr"], "es": ["es-ES", "es-419"]}
# Discord's own: lower case where the script has it, no spaces.
NAME = re.compile(r"[-_'\w]{1,32}")


@pytest.fixture
def tree(make_client: Any) -> Any:
    return make_client().tree


def walk(commands: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Everything that is sent of commands, and whether it is a context menu, whose names are free."""
    for command in commands:
        yield command, command.get("type") in (2, 3) and "description" not in command
        for option in command.get("options", []):
            yield from walk([option])


async def sent(tree: Any) -> list[dict[str, Any]]:
    translator = CommandTranslator()
    return [await command.get_translated_payload(tree, translator) for command in tree._get_all_commands()]


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_untranslated(language: str, tree: Any) -> None:
    missing = [place for place in expected_places(tree) if translation(language, place) is None]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_is_not_there(language: str, tree: Any) -> None:
    expected = set(expected_places(tree))
    words = texts.words_of(language)
    has = {("choices", choice) for choice in words.choices}
    for command, of_command in words.commands.items():
        has |= {("commands", command, name) for name in ("name", "description") if name in of_command}
        for option, of_option in of_command.get("options", {}).items():
            has |= {("commands", command, "options", option, name) for name in of_option}
    assert has - expected == set()


async def test_every_word_reaches_discord_within_its_limits(tree: Any) -> None:
    commands = await sent(tree)
    assert commands
    for one, is_menu in walk(commands):
        names = one["name_localizations"]
        assert set(names) == {locale for locales in LOCALES.values() for locale in locales}, one["name"]
        for name in names.values():
            if is_menu:
                assert 1 <= len(name) <= 32, name
            else:
                assert NAME.fullmatch(name), name
                assert name == name.lower()
        descriptions = one.get("description_localizations", {})
        assert is_menu or set(descriptions) == set(names)
        for description in descriptions.values():
            assert 1 <= len(description) <= 100, description


async def test_no_two_commands_or_options_side_by_side_have_the_same_name(tree: Any) -> None:
    def check(side_by_side: list[dict[str, Any]]) -> None:
        for locale in ("de", "fr", "es-ES"):
            counted = Counter((one.get("type"), one["name_localizations"][locale]) for one in side_by_side)
            assert [name for name, times in counted.items() if times > 1] == []
        for one in side_by_side:
            check(one.get("options", []))

    check(await sent(tree))


async def test_a_changed_translation_is_registered_anew(tree: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await tree.set_translator(CommandTranslator())
    before = await commands_digest(tree, application_id=1)
    assert await commands_digest(tree, application_id=1) == before
    monkeypatch.setitem(texts.words_of("de").commands["ask"], "description", "Etwas anderes.")  # type: ignore[index]
    assert await commands_digest(tree, application_id=1) != before


async def test_the_bot_registers_its_translations(simcord_env: Any) -> None:
    (registered,) = [request for request in simcord_env.http_requests if request.method == "PUT"]
    ask = next(command for command in registered.json if command["name"] == "ask")
    assert ask["name_localizations"]["de"] == "fragen"
    assert ask["options"][0]["name_localizations"]["es-419"] == "pregunta"
