"""Fit what orders answers and says how sure they are: `index/answering/ordering.json` and `confidence.json`.

    python benchmarks/calibrate.py --corpus news.jsonl.gz --questions quiz.jsonl --refusals refusals.jsonl \\
        --squad squad20-dev.json --cache FOLDER [--without-reader] [--write]

Fitted on the questions for tuning (an even SHA-256 of their id), each asked of the whole corpus and of the corpus
without the stories that hold its answer, on questions from elsewhere, on the questions about the bundled samples, and
on SQuAD 2.0 (CC BY-SA 4.0; articles that the reader was not trained on, see `training/unseen.json`; one paragraph each
is all there is to read). What is printed of SQuAD's articles for reporting and of the stories in `tests/fixtures` was
not fitted on; `storydesk eval --split report` and `benchmarks/squad.py` report the rest. Each of
the kinds weighs the same. Without the reader another set of weights is fitted and written.
"""

import argparse
import json
import pickle
from pathlib import Path

from calibrating.certainty import Judged, fit, judge, show
from calibrating.gathering import FIXTURES, ROOT, Row, asker, news_rows, own_rows, squad_rows
from calibrating.listwise import cross_validated, fit_ordering

from index.answering.confidence import FEATURES, READ_FEATURES
from index.answering.ordering import Ordering
from index.engine import Engine
from index.measuring.cache import cache_settings
from index.settings import IndexSettings

UNSEEN = json.loads((ROOT / "training" / "unseen.json").read_text(encoding="utf-8"))
"""SQuAD articles that the reader was not trained on, by what they are for."""
ANSWERING = ROOT / "index" / "answering"


def main() -> None:
    """Ask, fit, report, and with --write keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("corpus", "questions", "refusals", "squad", "cache"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--only", type=Path, help="ids of the stories to use, one a line")
    parser.add_argument(
        "--squad-questions", type=int, default=800, help="most SQuAD questions of each kind of article (default 800)"
    )
    parser.add_argument("--without-reader", action="store_true", help="fit the weights for when no passage is read")
    parser.add_argument("--rows", type=Path, help="file of your own that keeps what was found, to fit again at once")
    parser.add_argument("--write", action="store_true", help="write the fitted weights into the package")
    options = parser.parse_args()
    reads = not options.without_reader
    settings = IndexSettings.model_validate({} if reads else {"read_passages": 0})

    if options.rows is not None and options.rows.exists():
        rows, reported, fixtures = pickle.loads(options.rows.read_bytes())
    else:
        rows, reported, fixtures = gather(settings, options, reads=reads)
        if options.rows is not None:
            options.rows.write_bytes(pickle.dumps((rows, reported, fixtures)))
    order = fit_ordering(rows, reads=reads)
    cross_validated(rows, reads=reads)
    ordering = Ordering(*(tuple(weights) for weights in order.values()))

    def judged(chosen: list[Row]) -> list[Judged]:
        return [each for row in chosen if (each := judge(row, ordering)) is not None]

    fitted = fit(judged(rows), READ_FEATURES if reads else FEATURES)
    for name, chosen in (("tuned on, all", rows), ("SQuAD, other articles", reported), ("fixtures", fixtures)):
        show(name, judged(chosen), fitted)
    if options.write:
        for file, values in (("ordering.json", order), ("confidence.json", fitted)):
            path = ANSWERING / file
            kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            kept["read" if reads else "unread"] = values
            path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")


def gather(settings: IndexSettings, options: argparse.Namespace, *, reads: bool) -> tuple[list[Row], ...]:
    """Ask everything: what is fitted on, and what is only shown, of SQuAD and of the fixtures."""
    with Engine.open(cache_settings(settings, options.cache)) as engine:
        ask = asker(engine, reads=reads)
        rows = list(news_rows(engine, ask, settings, options))
        tuned, reported = (
            list(squad_rows(ask, settings, options.squad, articles=UNSEEN[purpose], most=options.squad_questions))
            for purpose in ("fitting", "reporting")
        )
    rows += tuned + list(own_rows("questions_samples.jsonl", None, settings, reads=reads))
    return rows, reported, list(own_rows("questions_other.jsonl", FIXTURES / "stories", settings, reads=reads))


if __name__ == "__main__":
    main()
