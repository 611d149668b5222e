"""Holds requests against Discord's own description of its HTTP interface (OpenAPI).

`DISCORD_OPENAPI` names that file: `specs/openapi.json` of github.com/discord/discord-api-spec. It is not ours to
bundle. Where `CI` is set it must be there.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

VARIABLE = "DISCORD_OPENAPI"
_JSON = "application~1json"


class MissingDescriptionError(Exception):
    """The file is needed here and not named by the environment variable."""


@dataclass(frozen=True)
class _Operation:
    template: str
    pattern: re.Pattern[str]
    takes_body: bool
    validator: Any


@dataclass(frozen=True)
class Description:
    """What Discord says of its interface. `operations` has them by method, those with fewer variables first."""

    operations: dict[str, list[_Operation]] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path) -> "Description":
        loaded = json.loads(file.read_text(encoding="utf-8"))
        registry: Registry[Any] = Registry().with_resource("discord", DRAFT202012.create_resource(loaded))
        description = cls()
        for template in sorted(loaded["paths"], key=lambda template: template.count("{")):
            pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template))
            for method, operation in loaded["paths"][template].items():
                if method == "parameters":
                    continue
                pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in ("paths", template, method))
                pointer = pointer.replace("{", "%7B").replace("}", "%7D")
                reference = {"$ref": f"discord#/{pointer}/requestBody/content/{_JSON}/schema"}
                validator = jsonschema.Draft202012Validator(reference, registry=registry)
                takes_body = "requestBody" in operation
                described = _Operation(template, pattern, takes_body, validator)
                description.operations.setdefault(method.upper(), []).append(described)
        return description

    def problems(self, method: str, path: str, body: Any) -> list[str]:
        """What is wrong with a request; one that is not described is wrong. Empty for a request as it should be."""
        for operation in self.operations.get(method, []):
            if not operation.pattern.fullmatch(path):
                continue
            if not operation.takes_body:
                return [] if body is None else [f"{method} {operation.template} takes no body"]
            return [_sentence(error) for error in operation.validator.iter_errors(_as_sent(body))]
        return [f"{method} {path} is not described"]

    def problems_of(self, requests: Iterable[Any]) -> dict[str, list[str]]:
        """What is wrong with requests that have a method, a path and a body named json; those in order are left out."""
        found = {
            f"{request.method} {request.path}": self.problems(request.method, request.path, request.json)
            for request in requests
        }
        return {request: wrong for request, wrong in found.items() if wrong}


@cache
def discord_description() -> Description | None:
    """The description, read once; None where the environment names no file. Raises MissingDescriptionError in CI."""
    file = os.environ.get(VARIABLE)
    if file:
        return Description.load(Path(file))
    if os.environ.get("CI"):
        raise MissingDescriptionError(f"{VARIABLE} does not name Discord's openapi.json")
    return None


def _sentence(error: jsonschema.ValidationError) -> str:
    where = "/".join(map(str, error.absolute_path))
    deepest = jsonschema.exceptions.best_match([error])
    return f"{where or 'body'}: {deepest.message[:500]}"


def _as_sent(body: Any) -> Any:
    """Identifiers are strings in the description; Discord takes the whole numbers that discord.py sends as well."""
    if isinstance(body, dict):
        return {
            name: str(value) if name.endswith("_id") and isinstance(value, int) else _as_sent(value)
            for name, value in body.items()
        }
    return [_as_sent(item) for item in body] if isinstance(body, list) else body
