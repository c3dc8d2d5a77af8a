"""What is new in a run's files: real files, in every state in which a writer can leave them."""

import errno
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kanban_app.domain.followed import FollowedFile
from kanban_app.trigger_service.following import finding
from kanban_app.trigger_service.following.run_files import News, RunFiles
from kanban_app.trigger_service.layout import ProjectLayout

RUN = "a1b2c3d4"
MIB = 1024 * 1024


class Follow:
    """Looks at a project as the service does, and keeps what it was told; `places` outlives it."""

    def __init__(self, root: Path, most_ahead: int = 64 * MIB) -> None:
        self.root = root
        self.most_ahead = most_ahead
        self.places: dict[str, FollowedFile] = {}
        self.news: list[News] = []
        self.restart()

    def restart(self) -> None:
        layout = ProjectLayout(self.root)
        self.files = RunFiles(layout, RUN, list(self.places.values()), _now, self.most_ahead)

    def look(self, *, final: bool = False, stop_after: int | None = None) -> list[dict[str, Any]]:
        """The messages of one look; `stop_after` some parts, of which the last one does not get durable."""
        told: list[dict[str, Any]] = []
        for number, news in enumerate(self.files.news(final=final)):
            if number == stop_after:
                break
            self.news.append(news)
            told.extend(news.messages)
            self._keep(news.places)
        return told

    def texts(self, *, final: bool = False) -> list[str]:
        return [text_of(message) for message in self.look(final=final)]

    def _keep(self, places: Iterable[FollowedFile]) -> None:
        for place in places:
            if place.forgotten:
                del self.places[place.path]
            else:
                self.places[place.path] = place


def _now() -> datetime:
    return datetime.now(UTC)


def text_of(message: dict[str, Any]) -> str:
    data = message["data"]
    return data.get("content") or data.get("message") or message["type"]


def said(text: str) -> bytes:
    return json.dumps({"type": "assistant", "message": {"content": [{"type": "text", "text": text}]}}).encode() + b"\n"


@pytest.fixture
def follow(tmp_path: Path) -> Follow:
    (tmp_path / "agents" / RUN / "planner").mkdir(parents=True)
    return Follow(tmp_path)


@pytest.fixture
def stream(follow: Follow) -> Path:
    return follow.root / "agents" / RUN / "planner" / "raw_output.jsonl"


def append(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)


def test_a_run_without_files_says_nothing(tmp_path: Path) -> None:
    assert Follow(tmp_path).look() == []
    assert Follow(tmp_path).look(final=True) == []


def test_a_half_written_line_waits_for_its_other_half(follow: Follow, stream: Path) -> None:
    line = said("über")
    append(stream, said("one") + line[:-4])
    assert follow.texts() == ["one"]
    assert follow.texts() == []
    append(stream, line[-4:])
    assert follow.texts() == ["über"]


def test_the_end_of_the_run_ends_its_last_line(follow: Follow, stream: Path) -> None:
    append(stream, said("one") + b"the last")
    assert follow.texts() == ["one"]
    assert follow.texts(final=True) == ["the last"]
    append(stream, b"\n" + said("of the next launch"))
    follow.restart()
    assert follow.texts() == ["of the next launch"]


def test_a_whole_object_needs_no_end_of_its_line(follow: Follow, stream: Path) -> None:
    append(stream, said("one")[:-2])
    assert follow.texts() == []
    append(stream, b"}")
    assert follow.texts() == ["one"]
    append(stream, b"\n" + said("two"))
    assert follow.texts() == ["two"]


def test_a_restart_goes_on_where_the_last_life_stopped(follow: Follow, stream: Path) -> None:
    lines = [f"line {number}" for number in range(1000)]
    append(stream, b"".join(map(said, lines)))
    told = [text_of(message) for message in follow.look(stop_after=3)]
    assert len(told) == 300
    follow.restart()
    assert told + follow.texts() == lines
    follow.restart()
    assert follow.texts() == []


def test_what_could_not_be_told_is_given_out_again(follow: Follow, stream: Path) -> None:
    append(stream, said("one"))
    assert follow.look(stop_after=0) == []
    assert follow.texts() == ["one"]


def test_bytes_that_are_no_text_are_replaced(follow: Follow, stream: Path) -> None:
    append(stream, said("bad: X").replace(b"X", b"\xff\xfe"))
    append(stream, b"\xc3\x28 no JSON\n")
    assert follow.texts() == ["bad: \ufffd\ufffd", "\ufffd( no JSON"]


def test_a_file_written_anew_is_told_from_its_beginning(follow: Follow, stream: Path) -> None:
    append(stream, said("one") + said("two"))
    follow.look()
    stream.write_bytes(said("1"))
    assert follow.texts() == ["1"]
    stream.unlink()
    assert follow.texts() == []
    append(stream, said("another file, longer than the one before it"))
    assert follow.texts() == ["another file, longer than the one before it"]


def test_a_file_rewritten_with_what_it_had_and_more_is_not_told_twice(follow: Follow, stream: Path) -> None:
    append(stream, said("one"))
    follow.look()
    stream.write_bytes(b"")
    assert follow.texts() == []
    stream.write_bytes(said("one") + said("two"))
    assert follow.texts() == ["two"]


def test_zeros_of_a_file_cut_under_its_writer_are_no_text(follow: Follow, stream: Path) -> None:
    append(stream, b"\0" * 5000 + said("after"))
    assert follow.texts() == ["after"]


@pytest.mark.parametrize("size", [200_000, MIB - 200])
def test_a_long_line_is_told_whole(follow: Follow, stream: Path, size: int) -> None:
    line = said("x" * size)
    for begin in range(0, len(line), 100_000):
        assert follow.texts() == []
        append(stream, line[begin : begin + 100_000])
    assert follow.texts() == ["x" * size]


def test_a_line_beyond_all_measure_is_cut_and_says_so(follow: Follow, stream: Path) -> None:
    line = said("x" * (3 * MIB))
    append(stream, said("before") + line[:-10])
    assert follow.texts() == ["before"]
    append(stream, line[-10:] + said("after"))
    cut, after = follow.texts()
    assert f"A line of {len(line) - 1} bytes in agents/{RUN}/planner/raw_output.jsonl" in cut
    assert len(cut) < 2500
    assert after == "after"


def test_a_file_that_is_far_ahead_is_told_by_its_end(follow: Follow, stream: Path) -> None:
    follow.most_ahead = 2 * MIB
    follow.restart()
    lines = [f"line {number} " + "x" * 1000 for number in range(4000)]
    append(stream, b"".join(map(said, lines)))
    notice, *rest = follow.texts()
    missing = len(lines) - len(rest)
    assert f"{sum(len(said(line)) for line in lines[:missing])} bytes are left out here" in notice
    assert rest == lines[missing:]
    assert 0.9 * MIB < sum(map(len, rest)) <= MIB


def test_no_file_waits_for_the_flood_of_another(follow: Follow, stream: Path) -> None:
    append(stream, b"".join(said(f"flood {number}") for number in range(5000)))
    append(stream.parent / "execution.log", b"2026-01-01 00:00:00 - INFO - here\n")
    assert "2026-01-01 00:00:00 - INFO - here" in [text_of(m) for m in follow.look()][:200]


def test_names_of_tools_are_known_after_a_restart(follow: Follow, stream: Path) -> None:
    call = {
        "type": "assistant",
        "message": {"content": [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}]},
    }
    result = {"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]}}
    append(stream, json.dumps(call).encode() + b"\n")
    follow.look()
    follow.restart()
    append(stream, json.dumps(result).encode() + b"\n")
    (message,) = follow.look()
    assert message["data"]["tool_name"] == "Bash"


def test_agents_in_worktrees_are_followed(follow: Follow) -> None:
    append(follow.root / "trees" / "x" / "agents" / RUN / "builder" / "raw_output.jsonl", said("from the worktree"))
    append(follow.root / "trees" / "x" / "agents" / "other123" / "builder" / "raw_output.jsonl", said("another run"))
    assert follow.texts() == ["from the worktree"]


def test_links_and_special_files_are_not_opened(follow: Follow, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    append(outside / "planner" / "raw_output.jsonl", said("secret"))
    append(outside / "specs" / f"adw-{RUN}.md", b"secret")
    run = follow.root / "agents" / RUN
    (run / "linked").symlink_to(outside / "planner")
    (run / "planner" / "raw_output.jsonl").symlink_to(outside / "planner" / "raw_output.jsonl")
    os.mkfifo(run / "planner" / "execution.log")
    (run / "planner" / "review_img").symlink_to(outside)
    (follow.root / "specs").symlink_to(outside / "specs")
    (follow.root / "trees").mkdir()
    (follow.root / "trees" / "x").symlink_to(outside)
    (run / "adw_state.json").symlink_to(outside / "planner" / "raw_output.jsonl")
    assert follow.look() == []
    assert follow.look(final=True) == []


def test_a_folder_of_agents_that_leads_out_is_none(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    append(outside / RUN / "planner" / "raw_output.jsonl", said("secret"))
    (outside / RUN / "adw_state.json").write_text('{"branch_name": "secret"}')
    (tmp_path / "agents").symlink_to(outside)
    assert Follow(tmp_path).look(final=True) == []


def test_links_in_a_circle_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    for name in (f"agents/{RUN}", "specs", "trees"):
        (tmp_path / name).symlink_to(tmp_path / name)
    assert Follow(tmp_path).look(final=True) == []


def test_a_file_that_cannot_be_read_keeps_no_other_waiting(
    follow: Follow, stream: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = stream.parent / "execution.log"
    append(broken, b"x\n")
    append(stream, said("one"))
    inode = broken.stat().st_ino
    read = os.pread

    def pread(fd: int, size: int, position: int) -> bytes:
        if os.fstat(fd).st_ino == inode:
            raise OSError(errno.EIO, "Input/output error")
        return read(fd, size, position)

    with monkeypatch.context() as disk:
        disk.setattr(os, "pread", pread)
        assert follow.texts() == ["one"]
        assert follow.texts(final=True) == []
    append(broken, b"y\n")
    assert follow.texts() == ["x", "y"]


def test_a_state_tells_what_changed_and_where_the_run_works(follow: Follow) -> None:
    file = follow.root / "agents" / RUN / "adw_state.json"
    worktree = follow.root / "trees" / RUN
    worktree.mkdir(parents=True)
    file.write_text(json.dumps({"adw_id": RUN, "branch_name": "b", "worktree_path": str(worktree)}))
    (first,) = follow.look()
    assert first["data"]["changed_fields"] == ["adw_id", "branch_name", "worktree_path"]
    facts = follow.news[-1].facts
    assert facts is not None
    assert (facts.branch, facts.worktree) == ("b", str(worktree))
    follow.restart()
    assert follow.look() == []
    file.write_text(json.dumps({"adw_id": RUN, "branch_name": "c", "worktree_path": str(worktree)}))
    assert [message["data"]["changed_fields"] for message in follow.look()] == [["branch_name"]]


@pytest.mark.parametrize("place", ["/", "/etc", ".", "..", "trees/../..", "\0"])
def test_a_worktree_is_inside_of_the_project(follow: Follow, place: str) -> None:
    (follow.root / "agents" / RUN / "adw_state.json").write_text(json.dumps({"worktree_path": place}))
    follow.look()
    facts = follow.news[-1].facts
    assert facts is not None
    assert facts.worktree is None


def test_a_half_written_state_waits(follow: Follow) -> None:
    file = follow.root / "agents" / RUN / "adw_state.json"
    file.write_text('{"adw_id": "a1b')
    assert follow.look() == []
    file.write_text('{"adw_id": "a1b2c3d4"}')
    assert [message["type"] for message in follow.look()] == ["agent_updated"]


def test_pictures_are_told_when_they_are_whole(follow: Follow) -> None:
    picture = follow.root / "agents" / RUN / "reviewer" / "review_img" / "error_page.png"
    append(picture, b"half")
    assert follow.look() == []
    os.utime(picture, (1_700_000_000, 1_700_000_000))
    (message,) = follow.look()
    assert message["type"] == "screenshot_available"
    assert message["data"]["screenshot_path"] == "reviewer/review_img/error_page.png"
    assert message["data"]["screenshot_type"] == "error"
    assert message["data"]["metadata"] == {
        "file_size": 4,
        "created_at": 1_700_000_000.0,
        "file_name": "error_page.png",
    }
    follow.restart()
    assert follow.look() == []


def test_a_picture_of_the_last_moment_is_told_at_the_end(follow: Follow) -> None:
    append(follow.root / "agents" / RUN / "reviewer" / "review_img" / "a.JPG", b"x")
    assert [message["data"]["screenshot_type"] for message in follow.look(final=True)] == ["review"]


def test_a_plan_is_told_once_wherever_it_is(follow: Follow) -> None:
    name = f"issue-7-adw-{RUN}-sdlc_planner-x.md"
    append(follow.root / "trees" / RUN / "specs" / name, b"# Plan\n")
    append(follow.root / "specs" / "issue-1-adw-00000000-sdlc_planner-y.md", b"# Another\n")
    (message,) = follow.look()
    assert message["type"] == "spec_created"
    assert (message["data"]["spec_path"], message["data"]["spec_type"]) == (f"trees/{RUN}/specs/{name}", "plan")
    follow.look(final=True)
    append(follow.root / "specs" / name, b"# Plan\n")
    (follow.root / "trees" / RUN / "specs" / name).unlink()
    follow.look(final=True)
    follow.restart()
    assert follow.look() == []
    append(follow.root / "specs" / f"patch-adw-{RUN}-z.md", b"# Patch\n")
    assert [message["data"]["spec_type"] for message in follow.look()] == ["patch"]


def test_files_that_are_gone_at_the_end_are_forgotten(follow: Follow, stream: Path) -> None:
    append(stream, said("one"))
    follow.look()
    stream.unlink()
    follow.look()
    assert follow.places
    follow.look(final=True)
    assert not follow.places


def test_too_many_files_are_left_out_and_told_of_once(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "MOST_FILES", 3)
    for number in range(5):
        append(follow.root / "agents" / RUN / f"agent{number}" / "raw_output.jsonl", said(f"of {number}"))
    assert follow.texts() == [
        "The run has more files than are followed: 2 files or folders are left out",
        "of 0",
        "of 1",
        "of 2",
    ]
    assert follow.texts() == []


def test_names_that_are_no_text_do_no_harm(follow: Follow) -> None:
    folder = os.fsencode(follow.root / "agents" / RUN) + b"/bad\xff"
    os.mkdir(folder)  # noqa: PTH102 - a name that is no text
    with open(folder + b"/raw_output.jsonl", "wb") as file:  # noqa: PTH123
        file.write(said("one"))
    (message,) = follow.look()
    json.dumps(message, ensure_ascii=False).encode()
    assert message["data"]["agent_role"] == "bad\ufffd"
    follow.restart()
    assert follow.look() == []
