"""The trials: each does something to a data folder, is struck at a random moment, and looks at what is left."""

import random
import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from killing.disks import Disk, FailingDisk, FillingDisk
from killing.looking import (
    Expected,
    Looker,
    look_at_doctor,
    look_at_end,
    look_by_command,
    vectors_were_kept,
    work_has_begun,
)
from killing.models import make_second_model
from killing.processes import Moment, Run, Site
from killing.stories import OurStory, by_title, make_stories, write_stories

_ATTEMPTS = 6
_STORED = ("added", "updated")
_MOST_BYTES_LEFT = 300_000


@dataclass
class Outcome:
    """What came of a trial: `problems` is empty when all was well."""

    moment: Moment | None
    acknowledged: int
    restart: str
    problems: list[str] = field(default_factory=list)


class ControlError(Exception):
    """Something was wrong though nothing was struck: no trial would mean anything."""


class Workshop:
    """What trials share: stories, a data folder that holds them, and how long the work takes undisturbed.

    `by_command` is whether a story is also looked for by `storydesk find`, which takes seconds.
    """

    def __init__(self, folder: Path, *, stories: int, seed: int) -> None:
        self.folder = folder
        self.stories = make_stories(count=stories, seed=seed)
        self.changed = make_stories(count=stories, seed=seed + 1)
        self.file = write_stories(folder / "stories.jsonl", self.stories)
        self.changed_file = write_stories(folder / "changed.jsonl", self.changed)
        self.chance = random.Random(seed)
        self.by_command = False
        self._looker = Looker()
        self._spans: dict[str, float] = {}

    @cached_property
    def added(self) -> Run:
        """The run that added all stories to `base`, undisturbed."""
        run = self.base.run("add", self.file, "--json")
        problems = look_at_end(run, code=0) + self.problems(self.base, Expected(self.stories))
        if problems or len(run.acknowledged("added")) != len(self.stories):
            raise ControlError(f"{run.command}: {problems or 'not all stories were added'}")
        return run

    @property
    def base(self) -> Site:
        """The data folder that `added` fills; trials work on copies."""
        return Site(self.folder / "base")

    @cached_property
    def story_ids(self) -> dict[str, str]:
        """The stories' ids by their titles."""
        return {line["title"]: line["story_id"] for line in self.added.lines}

    @cached_property
    def second_model(self) -> dict[str, str]:
        """The settings that choose another model."""
        return make_second_model(self.folder / "second-model")

    @cached_property
    def export(self) -> Path:
        """An export of all stories."""
        assert self.added.code == 0
        path = self.folder / "export.jsonl"
        run = self.base.run("export", path)
        if run.code != 0:
            raise ControlError(f"{run.command}: {run.err}")
        return path

    def new(self, name: str) -> Site:
        """A data folder without stories, at a path that was not used before or is not needed any more."""
        home = self.folder / name
        shutil.rmtree(home, ignore_errors=True)
        return Site(home)

    def copy(self, name: str) -> Site:
        """A data folder with all stories."""
        assert self.added.code == 0
        site = self.new(name)
        shutil.copytree(self.base.home, site.home)
        return site

    def problems(self, site: Site, expected: Expected, *, warnings: Sequence[str] = ()) -> list[str]:
        """What is wrong in a data folder, by `storydesk doctor`, by `storydesk find` and past the commands."""
        problems = look_at_doctor(site.run("doctor", "--json"), warnings=warnings)
        problems += self._looker.look(site, expected, chance=self.chance)
        if self.by_command and expected.present:
            problems += look_by_command(site, self.chance.choice(expected.present), chance=self.chance)
        return problems

    def span(self, name: str, measure: Callable[[], float]) -> float:
        """How many seconds the work of that name takes, measured once."""
        if name not in self._spans:
            self._spans[name] = measure()
        return self._spans[name]


def _between_lines(workshop: Workshop, name: str, number: int, measure: Callable[[], Run]) -> Callable[[], Moment]:
    """Draws moments between the first and the last line, by time in two trials and by lines in the next two."""
    span = workshop.span(name, lambda: _span(measure()))
    by_time = number // 2 % 2 == 0
    lines = 1 if by_time else workshop.chance.randrange(1, len(workshop.stories))
    most = span if by_time else span / 20
    return lambda: Moment(workshop.chance.uniform(0, most), lines=lines)


def _struck(
    make: Callable[[], Site], arguments: tuple[str | Path, ...], draw: Callable[[], Moment]
) -> tuple[Site, Run, Moment]:
    """A run that was killed; who is too late tries again on a new data folder."""
    shorter = 1.0
    for _ in range(_ATTEMPTS):
        site, moment = make(), draw()
        moment = Moment(moment.seconds * shorter, moment.lines, moment.began)
        run = site.kill(*arguments, moment=moment)
        if run.struck:
            return site, run, moment
        shorter *= 0.7
    raise ControlError(f"{run.command} always ends before it can be killed: {run.err}")


def add(workshop: Workshop, number: int, name: str) -> Outcome:
    """Adding new stories to a new data folder is killed."""
    return _add(workshop, number, name, ("add", workshop.file, "--json"))


def import_(workshop: Workshop, number: int, name: str) -> Outcome:
    """Importing an export into a new data folder is killed."""
    return _add(workshop, number, name, ("import", workshop.export, "--json"))


def _add(workshop: Workshop, number: int, name: str, arguments: tuple[str | Path, ...]) -> Outcome:
    def measure() -> Run:
        return workshop.added if arguments[0] == "add" else workshop.new(name).run(*arguments)

    draw = _between_lines(workshop, str(arguments[0]), number, measure)
    site, run, moment = _struck(lambda: workshop.new(name), arguments, draw)
    acknowledged = _stored(run, workshop.stories)
    outcome = Outcome(moment, len(acknowledged), _restart(number, str(arguments[0])))
    if _doctor_first(number):
        outcome.problems += workshop.problems(site, Expected(acknowledged, whole=workshop.stories))
    else:
        outcome.problems += _again(site, arguments, acknowledged, workshop.stories)
        outcome.problems += workshop.problems(site, Expected(workshop.stories))
    return outcome


def update(workshop: Workshop, number: int, name: str) -> Outcome:
    """Adding stories again that have all changed is killed: each is the old one or the new one."""
    arguments = ("add", workshop.changed_file, "--json")
    draw = _between_lines(workshop, "update", number, lambda: workshop.copy(name).run(*arguments))
    site, run, moment = _struck(lambda: workshop.copy(name), arguments, draw)
    acknowledged = _stored(run, workshop.changed)
    outcome = Outcome(moment, len(acknowledged), _restart(number, "add"))
    if _doctor_first(number):
        pairs = list(zip(workshop.stories, workshop.changed, strict=True))
        replaced = [old for old, new in pairs if new in acknowledged]
        open_pairs = [pair for pair in pairs if pair[1] not in acknowledged]
        outcome.problems += workshop.problems(site, Expected(acknowledged, gone=replaced, one_of=open_pairs))
    else:
        outcome.problems += _again(site, arguments, acknowledged, workshop.changed)
        outcome.problems += workshop.problems(site, Expected(workshop.changed, gone=workshop.stories))
    return outcome


def remove(workshop: Workshop, number: int, name: str) -> Outcome:
    """Removing a part of the stories is killed."""
    titles = by_title(workshop.stories)
    chosen = workshop.chance.sample(workshop.stories, max(4, len(workshop.stories) // 4))
    others = [story for story in workshop.stories if story not in chosen]
    arguments = ("remove", *(workshop.story_ids[story.title] for story in chosen), "--json")
    span = workshop.span("remove", lambda: _span(workshop.copy(name).run(*arguments)))
    site, run, moment = _struck(
        lambda: workshop.copy(name), arguments, lambda: Moment(workshop.chance.uniform(0, span), lines=1)
    )
    removed = [titles[line["title"]] for line in run.acknowledged("removed")]
    outcome = Outcome(moment, len(removed), _restart(number, "remove"))
    if _doctor_first(number):
        outcome.problems += workshop.problems(site, Expected(others, gone=removed, whole=chosen))
        return outcome
    again = site.run(*arguments)
    outcome.problems += look_at_end(again, code=1)
    if twice := {line["title"] for line in again.acknowledged("removed")} & {story.title for story in removed}:
        outcome.problems.append(f"removed twice: {sorted(twice)}")
    outcome.problems += workshop.problems(site, Expected(others, gone=chosen))
    return outcome


def rebuild(workshop: Workshop, number: int, name: str) -> Outcome:
    """Making the indexes anew is killed: nothing is lost at any time."""
    site, moment = _killed_rebuild(workshop, name, "rebuild", {}, work_has_begun)
    outcome = Outcome(moment, len(workshop.stories), _restart(number, "rebuild"))
    if not _doctor_first(number):
        outcome.problems += look_at_end(site.run("rebuild", "--json"), code=0)
    outcome.problems += workshop.problems(site, Expected(workshop.stories))
    return outcome


def model(workshop: Workshop, number: int, name: str) -> Outcome:
    """Changing to another model is killed; it is taken up again, or given up by going back to the first model."""
    began = work_has_begun if number // 2 % 2 == 0 else vectors_were_kept
    site, moment = _killed_rebuild(workshop, name, f"model {began.__name__}", workshop.second_model, began)
    back = number % 3 == 2
    outcome = Outcome(moment, len(workshop.stories), "back to the first model" if back else _restart(number, "rebuild"))
    if back:
        site = site.with_settings({})
    elif _doctor_first(number):
        outcome.problems += look_at_doctor(site.run("doctor", "--json"), warnings=("generations",))
        outcome.problems += look_by_command(site, workshop.chance.choice(workshop.stories), chance=workshop.chance)
    outcome.problems += look_at_end(site.run("rebuild", "--json"), code=0)
    outcome.problems += workshop.problems(site, Expected(workshop.stories))
    return outcome


def _killed_rebuild(
    workshop: Workshop, name: str, what: str, settings: dict[str, str], began: Callable[[Path], bool]
) -> tuple[Site, Moment]:
    """A data folder whose rebuild was killed at some time after it `began`, and when."""
    home = workshop.new(name).home

    def has_begun() -> bool:
        return began(home)

    def measure() -> float:
        begins: list[float] = []
        run = (
            workshop.copy(name)
            .with_settings(settings)
            .strike(
                ("rebuild", "--json"),
                moment=Moment(0, began=has_begun),
                strike=lambda _: begins.append(time.perf_counter()),
            )
        )
        if run.code != 0 or not begins:
            raise ControlError(f"{run.command}: {run.err or 'it was not seen to begin'}")
        return run.times[-1] - begins[0]

    span = workshop.span(what, measure)
    site, _, moment = _struck(
        lambda: workshop.copy(name).with_settings(settings),
        ("rebuild", "--json"),
        lambda: Moment(workshop.chance.uniform(0, span), began=has_begun),
    )
    return site, moment


def full_disk(workshop: Workshop, number: int, name: str) -> Outcome:
    """The disk fills while stories are added: that is said, and all is well once there is room."""
    with FillingDisk(workshop.folder / f"{name}-disk") as disk:

        def fill() -> None:  # to the last byte, or with room for a part of what is written next
            disk.fill(leave=workshop.chance.choice((0, workshop.chance.randrange(_MOST_BYTES_LEFT))))

        return _failing_disk(workshop, number, disk, fill, says=r"\bis full; make room")


def read_only(workshop: Workshop, number: int, name: str) -> Outcome:
    """The disk turns read-only while stories are added: that is said, and all is well once it is writable."""
    with FailingDisk(workshop.folder / f"{name}-disk") as disk:
        return _failing_disk(workshop, number, disk, disk.fail, says=r"cannot be written|disk I/O error")


def _failing_disk(workshop: Workshop, number: int, disk: Disk, fail: Callable[[], None], *, says: str) -> Outcome:
    arguments = ("add", workshop.file, "--json")
    draw = _between_lines(workshop, "add", number, lambda: workshop.added)
    site = Site(disk.folder / "home")
    shorter = 1.0
    for _ in range(_ATTEMPTS):
        moment = draw()
        moment = Moment(moment.seconds * shorter, moment.lines)
        run = site.strike(arguments, moment=moment, strike=lambda _: fail())
        if run.struck and run.code != 0:
            break
        if run.struck:
            disk.mend()
        shutil.rmtree(site.home)  # it was done before, or found enough room
        shorter *= 0.7
    else:
        raise ControlError(f"{run.command} always ends before the disk stops it: {run.err}")
    acknowledged = _stored(run, workshop.stories)
    outcome = Outcome(moment, len(acknowledged), _restart(number, "add"))
    outcome.problems += look_at_end(run, code=2)
    # Nothing changes while the disk fails: a second attempt says the same, and what is stored can be listed.
    for attempt in (run, site.run(*arguments)):
        if attempt.code != 2 or not attempt.err.startswith("Error: ") or not re.search(says, attempt.err):
            outcome.problems.append(f"{attempt.command} ended with {attempt.code} and said {attempt.err!r}")
    listed = site.run("list", "--json")
    outcome.problems += look_at_end(listed, code=0)
    if lost := {story.title for story in acknowledged} - {line["title"] for line in listed.lines}:
        outcome.problems.append(f"{len(lost)} stories cannot be listed while the disk fails: {sorted(lost)[:3]}")
    disk.mend()
    small = ("disk",)  # the disk of a trial is, and may be told so
    if _doctor_first(number):
        expected = Expected(acknowledged, whole=workshop.stories)
    else:
        outcome.problems += _again(site, arguments, acknowledged, workshop.stories)
        expected = Expected(workshop.stories)
    outcome.problems += workshop.problems(site, expected, warnings=small)
    if outcome.problems:
        shutil.copytree(site.home, workshop.folder / disk.folder.name.removesuffix("-disk"))
    return outcome


TRIALS: dict[str, Callable[[Workshop, int, str], Outcome]] = {
    "add": add,
    "update": update,
    "remove": remove,
    "rebuild": rebuild,
    "import": import_,
    "model": model,
    "full-disk": full_disk,
    "read-only": read_only,
}


def _stored(run: Run, stories: Sequence[OurStory]) -> list[OurStory]:
    titles = by_title(stories)
    return [titles[line["title"]] for line in run.acknowledged(*_STORED)]


def _again(
    site: Site, arguments: tuple[str | Path, ...], acknowledged: Sequence[OurStory], stories: Sequence[OurStory]
) -> list[str]:
    """Whether the command, run again, does what is left to do and nothing twice."""
    run = site.run(*arguments)
    problems = look_at_end(run, code=0)
    statuses = {line["title"]: line["status"] for line in run.lines}
    again = [story.title for story in acknowledged if statuses.get(story.title) != "unchanged"]
    if again:
        problems.append(f"acknowledged but not unchanged: {[(title, statuses.get(title)) for title in again[:3]]}")
    if lacking := [story.title for story in stories if story.title not in statuses]:
        problems.append(f"{len(lacking)} stories were not reported: {lacking[:3]}")
    return problems


def _span(run: Run) -> float:
    if len(run.times) < 2:
        raise ControlError(f"{run.command}: {run.err}")
    return run.times[-1] - run.times[0]


def _doctor_first(number: int) -> bool:
    return number % 2 == 0


def _restart(number: int, command: str) -> str:
    return f"{'doctor' if _doctor_first(number) else command} first"
