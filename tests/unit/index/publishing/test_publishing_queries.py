"""What is done for each story and question takes no longer with a million others: no query looks at all rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from index.engine import Engine

LARGE = ("stories", "versions", "passages", "vectors", "indexed_versions", "duplicates")


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed meanwhile, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE"):
            seen.append((statement, parameters[0] if many else parameters))

    event.listen(engine._stores.catalog._engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine._stores.catalog._engine, "before_cursor_execute", note)


def check_plans(engine: Engine, seen: Sequence[tuple[str, Any]]) -> None:
    assert seen
    with engine._stores.catalog.reading() as connection:
        for statement, parameters in dict(seen).items():
            for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                assert not any(step.startswith(f"SCAN {table}") for table in LARGE), (step, statement)
                whole_library = (
                    step.startswith("SEARCH stories") and "(library_id=?)" in step and "LIMIT" not in statement
                )
                assert not whole_library, (step, statement)


def test_adding_updating_and_removing_a_story_look_at_no_other(engine: Engine, newsroom: Any) -> None:
    for number in range(5):
        newsroom.write(str(number), f"Story {number} is about something of its own.")
    newsroom.add(engine)
    newsroom.write("4", "Story 4 was changed.")
    newsroom.write("5", "Story 5 is new.")
    newsroom.write("6", "Story 0 is about something of its own.")
    with statements(engine) as seen:
        results = newsroom.add(engine)
        assert {result.status for result in results} == {"unchanged", "updated", "added", "duplicate"}
        engine.remove(results[0].story_id)
    check_plans(engine, seen)


@pytest.mark.parametrize("stories", [5, 150])
def test_a_question_looks_at_nothing_but_what_was_found(stories: int, engine: Engine, newsroom: Any) -> None:
    newsroom.write_lines(
        "all",
        [
            {"id": str(number), "title": f"Bridge {number}", "text": f"Story {number} is about a bridge of its own."}
            for number in range(stories)
        ],
    )
    newsroom.add(engine)
    assert engine.find("bridge")  # that an index is complete is asked once
    with statements(engine) as seen:
        assert engine.find("bridge", limit=100)
        engine.ask("How many bridges are there?")
    check_plans(engine, seen)
