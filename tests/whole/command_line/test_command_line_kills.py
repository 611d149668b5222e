"""The short form of `benchmarks/kills.py`: a trial of most kinds, with few stories."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

KILLS = Path(__file__).parents[3] / "benchmarks" / "kills.py"


@pytest.mark.parametrize("what", ["add,remove,model", "read-only"])
def test_nothing_is_lost_by_kills_and_failing_disks(what: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, KILLS, "--what", what, "--times", "1", "--stories", "40", "--commands", "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if "not run: needs" in run.stdout:
        pytest.skip(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count(": well\n") == what.count(",") + 1
