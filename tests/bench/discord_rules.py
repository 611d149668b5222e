"""What Discord refuses: late and double acknowledgements, tokens past their time, messages over a limit.

Pure rules over what was sent and when; `discord_stand_in` answers with them. Limits as Discord documents them,
lengths in UTF-16 code units, as it counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SECONDS_TO_ACKNOWLEDGE = 3.0
SECONDS_OF_A_TOKEN = 15 * 60.0
LONGEST_CONTENT = 2_000
LONGEST_OF_ALL_EMBEDS = 6_000
LONGEST_OF_COMPONENTS = 4_000
MOST_COMPONENTS = 40
_COMPONENTS_V2 = 1 << 15
_AUTOCOMPLETE, _MODAL = 8, 9
_WITHOUT_MESSAGE = frozenset({1, 5, 6, 10})


@dataclass(frozen=True)
class Refusal:
    """An error as Discord sends it: HTTP status, its own code, a sentence."""

    status: int
    code: int
    message: str


@dataclass
class Interaction:
    """One command, press, choice or autocompletion of a person, and what the bot said to it. Times in seconds."""

    id: str
    token: str
    created: float
    acknowledged: float | None = None
    callbacks: list[Any] = field(default_factory=list)
    messages: dict[str, Any] = field(default_factory=dict)
    """Bodies by message id; `@original` is the one that answers the interaction itself."""

    @property
    def shown(self) -> Any:
        """The body of the answer as it stands now; None while there is none."""
        return self.messages.get("@original")


def refuse_callback(interaction: Interaction | None, body: Any, *, now: float) -> Refusal | None:
    """Why Discord does not take this acknowledgement; None when it does."""
    if interaction is None or (interaction.acknowledged is None and now - interaction.created > SECONDS_TO_ACKNOWLEDGE):
        return Refusal(404, 10062, "Unknown interaction")
    if interaction.acknowledged is not None:
        return Refusal(400, 40060, "Interaction has already been acknowledged.")
    kind, data = body.get("type"), body.get("data") or {}
    if kind == _AUTOCOMPLETE:
        problems = list(_choice_problems(data.get("choices", []), most=25))
    elif kind == _MODAL:
        problems = list(_over("title", data.get("title", ""), 45)) + list(_over("custom_id", data["custom_id"], 100))
    elif kind in _WITHOUT_MESSAGE:
        problems = []
    else:
        return refuse_message(data)
    return _invalid(problems)


def refuse_after(interaction: Interaction | None, body: Any, *, now: float, editing: bool) -> Refusal | None:
    """Why Discord does not take this edit of the answer, or this further message; None when it does."""
    if interaction is None or interaction.acknowledged is None or now - interaction.created > SECONDS_OF_A_TOKEN:
        return Refusal(404, 10015, "Unknown Webhook")
    return refuse_message(body, editing=editing)


def refuse_message(body: Any, *, editing: bool = False, files: int = 0) -> Refusal | None:
    """Why Discord does not take this message; None when it does."""
    content, embeds, components = body.get("content") or "", body.get("embeds") or [], body.get("components") or []
    if not (content.strip() or embeds or components or files or body.get("poll") or editing):
        return Refusal(400, 50006, "Cannot send an empty message")
    problems = [*_over("content", content, LONGEST_CONTENT), *_embed_problems(embeds)]
    if body.get("flags", 0) & _COMPONENTS_V2:
        if content or embeds:
            problems.append("content and embeds cannot be used with components of the second version")
    elif len(components) > 5:
        problems.append("components: more than 5 rows")
    return _invalid([*problems, *_component_problems(components)])


def units(text: str) -> int:
    """How long Discord finds a text: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _invalid(problems: list[str]) -> Refusal | None:
    return Refusal(400, 50035, f"Invalid Form Body: {'; '.join(problems)}") if problems else None


def _over(name: str, text: Any, limit: int) -> Iterator[str]:
    if units(str(text or "")) > limit:
        yield f"{name}: longer than {limit}"


def _embed_problems(embeds: list[Any]) -> Iterator[str]:
    if len(embeds) > 10:
        yield "embeds: more than 10"
    total = 0
    for embed in embeds:
        parts = [
            ("title", embed.get("title"), 256),
            ("description", embed.get("description"), 4_096),
            ("footer", (embed.get("footer") or {}).get("text"), 2_048),
            ("author", (embed.get("author") or {}).get("name"), 256),
        ]
        fields = embed.get("fields") or []
        if len(fields) > 25:
            yield "fields: more than 25"
        for one in fields:
            for name, limit in (("name", 256), ("value", 1_024)):
                parts.append((f"fields.{name}", one.get(name), limit))
                if not str(one.get(name) or "").strip():
                    yield f"fields.{name}: empty"
        for name, text, limit in parts:
            yield from _over(name, text, limit)
            total += units(text or "")
        if not any(text for _, text, _ in parts) and not (embed.get("image") or embed.get("thumbnail")):
            yield "embeds: an empty one"
    if total > LONGEST_OF_ALL_EMBEDS:
        yield f"embeds: {total} characters in all"


def _component_problems(components: list[Any]) -> Iterator[str]:
    every = list(_all_components(components))
    ids = [one["custom_id"] for one in every if one.get("custom_id")]
    if len(set(ids)) < len(ids):
        yield "components: a custom_id twice"
    if len(every) > MOST_COMPONENTS:
        yield f"components: more than {MOST_COMPONENTS}"
    if sum(units(one.get("content") or "") for one in every) > LONGEST_OF_COMPONENTS:
        yield f"components: more than {LONGEST_OF_COMPONENTS} characters"
    for one in every:
        yield from _over("custom_id", one.get("custom_id"), 100)
        yield from _over("label", one.get("label"), 80)
        yield from _over("placeholder", one.get("placeholder"), 150)
        if one.get("type") == 1 and not 1 <= len(one.get("components") or []) <= 5:
            yield "components: a row has 1 to 5"
        if one.get("type") == 3:
            yield from _choice_problems(one.get("options") or [], most=25, name="label")


def _all_components(components: list[Any]) -> Iterator[Any]:
    for one in components:
        yield one
        yield from _all_components(one.get("components") or [])
        yield from _all_components([one["accessory"]] if one.get("accessory") else [])


def _choice_problems(choices: list[Any], *, most: int, name: str = "name") -> Iterator[str]:
    if len(choices) > most:
        yield f"choices: more than {most}"
    for choice in choices:
        if not 1 <= units(str(choice.get(name) or "")) <= 100:
            yield f"choices.{name}: 1 to 100 characters"
        yield from _over("choices.value", choice.get("value"), 100)
