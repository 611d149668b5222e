"""Every request of the bot has the form that Discord's own description of its interface asks for.

`DISCORD_OPENAPI` names that file: `specs/openapi.json` of github.com/discord/discord-api-spec. It is not
ours to bundle, so without it this is skipped, except where `CI` is set.
"""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from simcord.env import Env

from index.stories import Answer

VARIABLE = "DISCORD_OPENAPI"
_JSON = "application~1json"


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    file = os.environ.get(VARIABLE)
    if file is None:
        reason = f"{VARIABLE} does not name Discord's openapi.json"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    loaded: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    return loaded


def problems(description: dict[str, Any], method: str, path: str, body: Any) -> list[str]:
    """What is wrong with a request according to `description`; a path that it does not have is wrong."""
    registry: Registry[Any] = Registry().with_resource("discord", DRAFT202012.create_resource(description))
    literal_first = sorted(description["paths"], key=lambda template: template.count("{"))
    for template in literal_first:
        operation = description["paths"][template].get(method.lower())
        if operation is None or not re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            continue
        if "requestBody" not in operation:
            return [] if body is None else [f"{method} {template} takes no body"]
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in ("paths", template, method.lower()))
        schema = {
            "$ref": f"discord#/{pointer.replace('{', '%7B').replace('}', '%7D')}/requestBody/content/{_JSON}/schema"
        }
        validator = jsonschema.Draft202012Validator(schema, registry=registry)
        return [error.message[:500] for error in validator.iter_errors(_as_sent(body))]
    return [f"{method} {path} is not described"]


def _as_sent(body: Any) -> Any:
    """Identifiers are strings in the description; Discord takes the whole numbers that discord.py sends as well."""
    if isinstance(body, dict):
        return {
            name: str(value) if name.endswith("_id") and isinstance(value, int) else _as_sent(value)
            for name, value in body.items()
        }
    return [_as_sent(item) for item in body] if isinstance(body, list) else body


async def test_every_request_of_the_bot_has_the_form_that_discord_describes(
    description: dict[str, Any], simcord_env: Env, prepared_engine: Any
) -> None:
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("general")
    member = guild.add_member(simcord_env.create_user("mira"))
    user = simcord_env.create_user("noor")
    answer = prepared_engine.answer
    long = replace(answer, question="why " * 300, citations=(replace(answer.citations[0], quote="A word. " * 900),) * 3)
    refusal = Answer(question="Who?", answered=False, reason="not_answered", text="They do not say.", confidence=0.1)
    for prepared in (answer, long, refusal):
        prepared_engine.answer = prepared
        await member.slash(channel, "ask", question="How many?")
        await user.send_dm("How many?")
    prepared_engine.error = RuntimeError("no")
    await member.slash(channel, "ask", question="How many?")
    await user.send_dm("How many?")
    assert len(simcord_env.errors) == 2

    requests = [request for request in simcord_env.http_requests if request.method != "GET"]
    assert {request.method for request in requests} == {"PUT", "POST", "PATCH"}
    found = {
        f"{request.method} {request.path}": problems(description, request.method, request.path, request.json)
        for request in requests
    }
    assert {request: wrong for request, wrong in found.items() if wrong} == {}


def test_a_wrong_request_is_noticed(description: dict[str, Any]) -> None:
    assert problems(description, "POST", "/channels/1/messages", {"embeds": [{"title": "x" * 257}]})
    assert problems(description, "POST", "/channels/1/typing", {"now": True})
    assert problems(description, "POST", "/nowhere", {})
