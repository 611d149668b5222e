"""From files to an evaluation: what is read, kept, asked and told."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from index.answering.confidence import shipped_calibration
from index.engine import Engine
from index.errors import MeasuringError
from index.measuring import evaluation as evaluating
from index.measuring.cache import Corpus, MeasuredLibrary, cache_settings, default_cache, fill, keep_corpus
from index.measuring.datasets import Split, read_ids, read_questions, read_refusals
from index.measuring.evaluation import Evaluation, Selection
from index.publishing.stores import Progress
from index.settings import IndexSettings

_MODEL_SETTINGS = {"model_dtype", "reader_model", "read_passages", "ranker_model", "rank_passages"}


@dataclass(frozen=True, slots=True)
class Measured:
    """An evaluation with what it was made with and of."""

    evaluation: Evaluation
    settings: dict[str, Any]

    def as_json(self, *, worst: int) -> dict[str, Any]:
        """All of it as one object, with at most `worst` questions of each kind of failure."""
        return evaluating.as_json(self.evaluation, settings=self.settings, worst=worst)


def measure(
    settings: IndexSettings,
    *,
    corpus: Path,
    questions: Path,
    refusals: Path | None = None,
    only: Path | None = None,
    split: Split = "report",
    limit: int | None = None,
    cache: Path | None = None,
    wait: bool = True,
    on_note: Callable[[str], None],
    on_progress: Progress,
    open_engine: Callable[..., Engine] = Engine.open,
) -> Measured:
    """Evaluate on the questions of `split`, of each file at most `limit`, with the indexes in the folder `cache`.

    `only` names a file of the ids of the stories to use. `on_note` hears sentences about what was left out. Files are
    read before anything is embedded. Raises MeasuringError, StorageError, ModelError.
    """
    cache = (cache or default_cache()).absolute()
    ids = read_ids(only) if only is not None else None
    all_questions = read_questions(questions)
    all_refusals = read_refusals(refusals) if refusals is not None else None
    kept = keep_corpus(corpus, cache, only=ids)
    if ids is not None and (unknown := len(ids - kept.ids)):
        on_note(f"Ids in {only} that are not in the corpus: {unknown} of {len(ids)}.")
    selection = evaluating.select(all_questions, all_refusals, ids=kept.ids, split=split, limit=limit)
    if selection.labels_not_in_corpus:
        on_note(f"Labels that name a story which is not in the corpus: {selection.labels_not_in_corpus}, left out.")
    if not selection.questions:
        raise MeasuringError(f"No question of {questions} (split: {split}) names a story of the corpus; check both.")
    calibration = shipped_calibration()
    opened = cache_settings(settings, cache)
    if not wait:
        opened = opened.model_copy(update={"lock_wait_seconds": 0.0})
    with open_engine(opened, on_wait=on_note, on_progress=on_progress) as engine:
        library = fill(engine, kept, opened, on_progress=on_progress)
        if library.failed:
            source, reason = library.failed[0]
            on_note(
                f"Stories of the corpus that cannot be stored: {len(library.failed)}; the first, {source}: {reason}"
            )
        engine.load_model()  # so that no question waits for it
        evaluation = evaluating.evaluate(
            engine, selection, kept, library, threshold=calibration.threshold, on_progress=on_progress
        )
    described = _described(kept, library, selection, split=split, limit=limit)
    described |= {"threshold": calibration.threshold, "calibrated_with": calibration.fitted_with}
    models = settings.model_dump(mode="json", include=_MODEL_SETTINGS)
    return Measured(evaluation, described | {"models": models})


def _described(
    corpus: Corpus, library: MeasuredLibrary, selection: Selection, *, split: Split, limit: int | None
) -> dict[str, Any]:
    try:
        storydesk = version("storydesk")
    except PackageNotFoundError:
        storydesk = None
    return {
        "version": storydesk,
        "indexed_with": library.fingerprint,
        "corpus_sha256": corpus.digest,
        "library": library.name,
        "split": split,
        "limit": limit,
        "stories": len(corpus.ids),
        "stories_of_their_own_text": len(set(library.story_ids.values())),
        "stories_not_stored": len(library.failed),
        "questions": len(selection.questions),
        "questions_gold": sum(bool(question.gold) for question in selection.questions),
        "refusals": None if selection.refusals is None else len(selection.refusals),
        "labels_not_in_corpus": selection.labels_not_in_corpus,
    }
