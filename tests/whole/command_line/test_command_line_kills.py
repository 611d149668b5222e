"""The short form of `benchmarks/kills.py`: a trial each of two kinds, with few stories."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

KILLS = Path(__file__).parents[3] / "benchmarks" / "kills.py"


def test_nothing_is_lost_by_kills(tmp_path: Path) -> None:
    what = "add,model"
    run = subprocess.run(
        [sys.executable, KILLS, "--what", what, "--times", "1", "--stories", "40", "--commands", "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count(": well\n") == what.count(",") + 1
