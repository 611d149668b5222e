"""What a person reads in a message of the bot, whether it is drawn with embeds or with components; its limits."""

from collections.abc import Iterator
from typing import Any

import discord
from discord_rules import refuse_message


def text_of(shown: Any) -> str:
    """All text of a message, a response in simcord, or of the body of a request, from top to bottom."""
    return "\n".join(text for text, _ in _texts(_body(shown)))


def markdown_of(shown: Any) -> str:
    """The same without what Discord shows as it is written, footers."""
    return "\n".join(text for text, is_markdown in _texts(_body(shown)) if is_markdown)


def problems_of(shown: Any) -> str | None:
    """Why Discord would not take such a message; None when it would."""
    body = _body(shown)
    problem = refuse_message(body)
    return problem.message if problem is not None else None


def custom_ids_of(shown: Any) -> list[str]:
    """The custom ids of everything in a message that can be pressed or chosen from, in order."""
    return [str(one["custom_id"]) for one in _every(_body(shown).get("components") or []) if "custom_id" in one]


def _body(shown: Any) -> dict[str, Any]:
    if isinstance(shown, dict):
        return shown
    if isinstance(shown, discord.Embed):
        return {"embeds": [shown.to_dict()]}
    if isinstance(shown, discord.ui.LayoutView | discord.ui.View):
        flags = discord.MessageFlags(components_v2=isinstance(shown, discord.ui.LayoutView)).value
        return {"components": shown.to_components(), "flags": flags}
    components = [one if isinstance(one, dict) else one.to_dict() for one in shown.components]
    flags = shown.flags.value
    return {
        "content": shown.content,
        "embeds": [one.to_dict() for one in shown.embeds],
        "components": components,
        "flags": flags,
    }


def _texts(body: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each text with whether markdown takes effect in it."""
    if body.get("content"):
        yield str(body["content"]), True
    for embed in body.get("embeds") or []:
        for name in ("title", "description"):
            if embed.get(name):
                yield embed[name], True
        for field in embed.get("fields") or []:
            yield field["name"], True
            yield field["value"], True
        if (embed.get("footer") or {}).get("text"):
            yield embed["footer"]["text"], False
    for component in _every(body.get("components") or []):
        if component.get("type") == discord.ComponentType.text_display.value:
            yield component["content"], True


def _every(components: list[Any]) -> Iterator[dict[str, Any]]:
    for one in components:
        yield one
        yield from _every(one.get("components") or [])
        yield from _every([one[name] for name in ("accessory", "component") if one.get(name)])
