"""What a person is told of beside the cards."""

from kanban_app.domain import commands as c
from kanban_app.domain.stages import Column
from kanban_app.services.hub import Notice
from kanban_app.services.notices import notices_of
from tests.support.builders import World

MERGE = "adw_merge_iso"


def merging() -> tuple[World, str]:
    w = World()
    card = w.card(title="Export invoices")
    w.start(card).finish(card).move(card, Column.COMPLETED, action="merge").accept(card)
    return w, card


def told(w: World) -> list[Notice]:
    return list(notices_of(w.board, w.last))


def test_a_merge_that_is_done_is_told_once():
    w, card = merging()
    (notice,) = told(w.told(card, "completed", MERGE))
    assert (notice.title, notice.message, notice.task_id, notice.alert) == ("Merged", "Export invoices", card, False)


def test_a_merge_into_a_branch_that_was_named_says_where_to():
    w = World(merges=True)
    card = w.card()
    w.start(card).finish(card).move(card, Column.COMPLETED, action="merge", target="main").accept(card)
    (notice,) = told(w.told(card, "completed", MERGE))
    assert notice.title == "Merged into main"


def test_a_person_who_marks_a_card_is_told_nothing():
    w = World()
    card = w.card()
    w.start(card).finish(card)
    assert [notice.title for notice in told(w)] == ["Ready to merge"]
    assert told(w.move(card, Column.COMPLETED, action="mark")) == []


def test_a_merge_that_failed_says_why_and_what_to_do():
    w, card = merging()
    (notice,) = told(w.told(card, "failed", MERGE, message="Merge conflict in a.py", conflicts=("a.py",)))
    assert notice.alert
    assert notice.title == "Merge conflict"
    assert "Merge conflict in a.py" in notice.message
    assert notice.advice == ("Resolve it in the run's worktree",)


def test_a_run_that_waits_for_a_person_says_for_what_once():
    w = World()
    card = w.card(title="Export invoices")
    w.start(card).told(card, "waiting", message="Approve the plan")
    (notice,) = told(w)
    assert (notice.title, notice.message, notice.alert) == (
        "Waiting for you",
        "#1 Export invoices: Approve the plan",
        False,
    )
    assert told(w.told(card, "waiting", message="Approve the plan")) == []


def test_a_patched_card_is_ready_again():
    w = World()
    card = w.card()
    w.start(card).finish(card).do(c.PatchTask(card, "Make the title larger")).accept(card).finish(card)
    assert [notice.title for notice in told(w)] == ["Ready to merge"]


def kinds(w: World) -> list[str]:
    return [notice.kind or "" for notice in told(w)]


def test_everything_that_is_told_of_a_run_has_its_kind():
    w = World()
    card = w.card()
    assert kinds(w.start(card).finish(card)) == ["finished"]
    breaking = w.card(title="Breaks")
    assert kinds(w.start(breaking).fail(breaking)) == ["failed"]
    doubtful = w.card(title="Doubtful")
    assert kinds(w.move(doubtful, Column.PLAN).send(doubtful).doubt(doubtful)) == ["decision"]
    asking = w.card(title="Asks")
    assert kinds(w.start(asking).told(asking, "waiting", message="Approve the plan")) == ["decision"]


def test_a_run_that_says_nothing_is_told_once():
    w = World()
    card = w.card(title="Export invoices")
    (notice,) = told(w.start(card).silence(card))
    assert (notice.kind, notice.title, notice.task_id, notice.alert) == ("stuck", "No news from the run", card, False)
    assert notice.message == "#1 Export invoices: Nothing was heard of it for some time. It may still work."
    assert kinds(w.told(card, "in_progress", message="Still here")) == []
