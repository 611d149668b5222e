"""The `storydesk` command as a process of its own, and a data folder that many tests share."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import bot

ROOT = Path(bot.__file__).parents[1]

BRIDGE = """---
title: New bridge over the Orla opens
url: https://orla-post.example/bridge
publisher: The Orla Post
published_at: 2025-04-02
---
The new bridge over the Orla opened on Wednesday morning. It cost 48 million euros and took six years to build.

About 3,500 people walked across it in the first hour. Mayor Ilse Brandt cut the ribbon with her grandmother’s scissors.
"""
HARBOUR = """---
title: Storm closes the harbour of Tarn
url: https://orla-post.example/harbour
publisher: Coast Radio
published_at: 2025-05-20T08:30:00+02:00
---
The harbour of Tarn was closed for nine days after the storm. Waves broke 70 metres of the northern quay.

Harbour master Jon Ferro said that 26 boats had been lost, none of them with anybody on board.
"""
HOSTILE = (
    '{"id": "hostile", "title": "Council \\u001b[2J[bold red]votes\\u202e[/bold red]",'
    ' "text": "The council of Tarn voted on Monday \\u001b[31m to plant 410 trees [link=https://evil.example]here[/link]'
    ' along the quay.", "published_at": "2025-05-26"}\n'
)


@dataclass
class Run:
    """What one run of `storydesk` left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Storydesk:
    """Runs `storydesk` on one data folder, in a working folder without settings."""

    folder: Path
    home: Path

    def environment(self, **settings: str) -> dict[str, str]:
        names = ("PATH", "HOME", "LANG", "TMPDIR", "OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return kept | {"PYTHONPATH": str(ROOT), "STORYDESK_HOME": str(self.home)} | settings

    def __call__(
        self,
        *arguments: str | Path,
        stdin: str = "",
        settings: dict[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> Run:
        process = subprocess.run(
            [sys.executable, "-m", "bot", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(**(settings or {})),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
            preexec_fn=before,
        )
        assert "Traceback" not in process.stderr, process.stderr
        return Run(process.returncode, process.stdout, process.stderr)

    def start(self, *arguments: str | Path, **settings: str) -> subprocess.Popen[str]:
        """A run to talk to while it goes on."""
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(**settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )


@pytest.fixture
def storydesk(tmp_path: Path) -> Storydesk:
    """`storydesk` on a data folder of its own that does not exist yet."""
    return Storydesk(tmp_path, tmp_path / "home")


@dataclass(frozen=True)
class Desk:
    """A data folder with stories, and what adding them printed."""

    storydesk: Storydesk
    stories: Path
    added: Run

    def story_id(self, beginning: str) -> str:
        """The id of the story whose title begins so."""
        (found,) = [line["story_id"] for line in self.added.json_lines if (line["title"] or "").startswith(beginning)]
        return str(found)


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Stories in the library `public` that tests read but do not change."""
    folder = tmp_path_factory.mktemp("desk")
    stories = folder / "stories"
    stories.mkdir()
    (stories / "bridge.md").write_text(BRIDGE)
    (stories / "harbour.md").write_text(HARBOUR)
    (stories / "council.jsonl").write_text(HOSTILE)
    (stories / "empty.txt").write_text("")
    storydesk = Storydesk(folder, folder / "home")
    return Desk(storydesk, stories, storydesk("add", "stories", "missing.txt", "--json"))
