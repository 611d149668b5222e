import os
from pathlib import Path

import pytest

from index.reading import FoundFile, ReadFailure, discover


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("A story.")
    return path


def sources(found: list[FoundFile | ReadFailure]) -> list[str]:
    return [one.source for one in found if isinstance(one, FoundFile)]


def test_a_folder_gives_its_files_in_sorted_order_with_those_of_its_folders(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "c/z.HTML", "c/a.pdf", "c/d/x.jsonl", "b2.json", "e.htm"):
        write(tmp_path / name)
    assert sources(discover([tmp_path])) == [
        str(tmp_path / name) for name in ("a.md", "b.txt", "b2.json", "c/a.pdf", "c/d/x.jsonl", "c/z.HTML", "e.htm")
    ]


def test_hidden_entries_and_other_kinds_of_files_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    for name in (".hidden.txt", ".git/a.txt", "picture.png", "README", "story.txt"):
        write(tmp_path / name)
    assert sources(discover([tmp_path])) == [str(tmp_path / "story.txt")]


def test_sources_are_the_paths_as_they_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "stories" / "one.txt")
    write(tmp_path / "two.txt")
    monkeypatch.chdir(tmp_path)
    found = discover([Path("stories"), Path("two.txt"), Path("../" + tmp_path.name + "/two.txt")])
    assert sources(found) == ["stories/one.txt", "two.txt", f"../{tmp_path.name}/two.txt"]
    assert all(isinstance(one, FoundFile) and one.path.is_file() for one in found)


def test_a_missing_path_is_a_failure_in_its_place_and_the_rest_goes_on(tmp_path: Path) -> None:
    story = write(tmp_path / "story.txt")
    found = discover([tmp_path / "gone.txt", story])
    assert found[0] == ReadFailure(
        str(tmp_path / "gone.txt"), "There is no such file or folder; check the spelling of the path."
    )
    assert sources(found) == [str(story)]


def test_a_named_file_of_another_kind_is_refused_with_the_kinds_that_can_be_read(tmp_path: Path) -> None:
    found = discover([write(tmp_path / "story.docx")])
    assert isinstance(found[0], ReadFailure)
    assert ".txt, .md, .html, .htm, .pdf, .json and .jsonl" in found[0].error


def test_a_hidden_file_that_is_named_is_found(tmp_path: Path) -> None:
    hidden = write(tmp_path / ".draft.txt")
    assert sources(discover([hidden])) == [str(hidden)]


def test_a_folder_without_stories_says_so(tmp_path: Path) -> None:
    write(tmp_path / "notes.docx")
    [failure] = discover([tmp_path])
    assert isinstance(failure, ReadFailure)
    assert failure.error.startswith("The folder has no file of the kinds .txt")


def test_a_folder_that_holds_a_link_to_itself_is_entered_once(tmp_path: Path) -> None:
    story = write(tmp_path / "a" / "story.txt")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert sources(discover([tmp_path])) == [str(story)]


def test_links_to_folders_and_files_are_followed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "story.txt")
    other = write(tmp_path / "other.txt")
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (folder / "link.txt").symlink_to(other)
    assert sources(discover([folder])) == [str(folder / "link.txt"), str(folder / "linked" / "story.txt")]


def test_links_that_go_in_circles_do_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "b.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    story = write(tmp_path / "c.txt")
    assert str(story) in sources(discover([tmp_path]))
    assert isinstance(discover([tmp_path / "a.txt"])[0], ReadFailure)


def test_a_folder_that_is_given_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "story.txt")
    assert len(sources(discover([tmp_path, tmp_path]))) == 1


def test_folders_nested_deeper_than_the_stack_are_entered(tmp_path: Path) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1_200):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    write(tmp_path / "story.txt")
    try:
        assert str(tmp_path / "story.txt") in sources(discover([tmp_path]))
    finally:
        # What removes temporary folders cannot go that deep.
        outer, inner = tmp_path / "d", tmp_path / "e"
        while (outer / "d").exists():
            (outer / "d").rename(inner)
            outer.rmdir()
            inner.rename(outer)


def test_a_name_that_is_not_utf8_can_be_shown(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / name).write_text("A story.")
    [found] = discover([tmp_path])
    assert found.source.endswith("caf\\xe9.txt")
    found.source.encode("utf-8")


def test_a_path_that_no_file_can_have_is_a_failure() -> None:
    found = discover([Path("a\0b.txt"), Path("x" * 5_000 + ".txt")])
    assert all(isinstance(one, ReadFailure) for one in found)
    assert len(found) == 2
