"""Kills `storydesk` at random moments, makes its disk fail, and looks whether anything was lost.

    python benchmarks/kills.py
    python benchmarks/kills.py --what add --times 50

Each trial has a data folder of its own and is struck at a random moment of the work; then, in turn, `storydesk doctor`
or the same command is run, and everything is looked at: what was reported as stored is found by its own sentences in
both legs, through the engine and, in every fifth trial, by `storydesk find`; nothing staged, retired or half made is
left; catalog, vectors and words have the same passages; `storydesk doctor` says OK. The trials:

    add        stories are added to a new data folder                     SIGKILL between first and last line
    update     stories that have all changed are added again              the same
    remove     a quarter of the stories is removed                        the same
    import     an export is imported into a new data folder               the same
    rebuild    the indexes are made anew                                  SIGKILL between begin and end of the work
    model      the indexes are made anew with another model               the same
    full-disk  the disk fills up while stories are added; later there is room again       (needs root)
    read-only  the disk fails and turns read-only while stories are added; then it is mended       (needs root)

A data folder with which something is wrong is kept and named, and the exit code is 1.
"""

import argparse
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from killing.disks import CannotMountError
from killing.trials import TRIALS, ControlError, Outcome, Workshop


@dataclass
class Result:
    """What came of the trials of one kind."""

    what: str
    outcomes: list[Outcome] = field(default_factory=list)
    not_run: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> int:
        return sum(bool(outcome.problems) for outcome in self.outcomes)

    def __str__(self) -> str:
        if self.not_run:
            return f"{self.what:<10} not run: {self.not_run}"
        counts = [outcome.acknowledged for outcome in self.outcomes]
        spread = f"{min(counts)} / {statistics.median(counts):g} / {max(counts)}" if counts else ""
        return f"{self.what:<10} {len(counts):>6} {spread:>22} {self.failed:>6} {self.seconds:>8.0f}"


def main() -> int:
    """Run the trials; returns the exit code."""
    options = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no process goes on and no disk stays mounted
    for name in [name for name in os.environ if name.startswith("STORYDESK_")]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="storydesk-kills-"))
    workshop = Workshop(folder, stories=options.stories, seed=options.seed)
    try:
        results = [_run_trials(workshop, what, options) for what in options.what or TRIALS]
    except ControlError as error:
        print(f"Without a kill, something is wrong already: {error}\nSee {folder}.")
        return 1
    print(f"\n{'trials':<10} {'number':>6} {'acknowledged':>22} {'failed':>6} {'seconds':>8}")
    print(f"{'':<10} {'':>6} {'least/median/most':>22}")
    for result in results:
        print(result)
    failed = any(result.failed or (result.not_run and options.what) for result in results)
    if any(result.failed for result in results):
        print(f"\nThe data folders with which something is wrong are in {folder}.")
    else:
        shutil.rmtree(folder)
    return 1 if failed else 0


def _run_trials(workshop: Workshop, what: str, options: argparse.Namespace) -> Result:
    result = Result(what)
    began = time.perf_counter()
    for number in range(options.times):
        name = f"{what}-{number + 1}"
        workshop.by_command = bool(options.commands) and number % options.commands == 0
        try:
            outcome = TRIALS[what](workshop, number, name)
        except CannotMountError as error:
            result.not_run = str(error)
            print(f"{what}: not run: {error}", flush=True)
            break
        result.outcomes.append(outcome)
        verdict = "FAILED" if outcome.problems else "well"
        print(
            f"{name}: struck {outcome.moment}, {outcome.acknowledged} acknowledged, {outcome.restart}: {verdict}",
            flush=True,
        )
        for problem in outcome.problems:
            print(f"    {problem}", flush=True)
        if not outcome.problems:
            shutil.rmtree(workshop.folder / name, ignore_errors=True)
    result.seconds = time.perf_counter() - began
    return result


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", type=_kinds, default=[], help=f"Some of {','.join(TRIALS)} (default all).")
    parser.add_argument("--times", type=int, default=10, help="How many trials of each kind.")
    parser.add_argument("--stories", type=int, default=300, help="How many stories, at least 20.")
    parser.add_argument("--seed", type=int, default=0, help="Of the stories and of the moments.")
    parser.add_argument(
        "--commands", type=int, default=5, help="In every how many trials `storydesk find` is run too, 0 for none."
    )
    return parser.parse_args()


def _kinds(text: str) -> list[str]:
    kinds = text.split(",")
    if unknown := [kind for kind in kinds if kind not in TRIALS]:
        raise argparse.ArgumentTypeError(f"there are no trials {', '.join(unknown)}")
    return kinds


if __name__ == "__main__":
    sys.exit(main())
