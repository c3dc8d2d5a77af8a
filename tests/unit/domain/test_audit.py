"""Entries of the audit log: their bounds, their words, and the queue in which they wait."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.audit import (
    ITSELF,
    MOST_DETAILS,
    TITLE_LIMIT,
    VALUE_LIMIT,
    Act,
    Action,
    Actor,
    Entry,
    Group,
    Target,
    Way,
    actions_of,
    bounded,
)
from kanban_app.domain.audit_commands import Scene, act_of_command, act_of_report
from kanban_app.domain.audit_trail import REFUSALS_AT_ONCE, WAITING_LIMIT, Trail
from kanban_app.domain.audit_words import sentence, what_words, who_words
from kanban_app.domain.commands import Command
from kanban_app.domain.model import Failure
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import COLUMN_TITLES, Column, Stage
from kanban_app.domain.workflows import Vintage
from tests.support.builders import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANNA = Actor("Anna", "person", "10.0.0.7", Way.BOARD)


def told(world: World, command: Command) -> Act:
    before = world.board
    decided = world.say(command)
    events = () if isinstance(decided, Refusal) else decided
    refusal = decided if isinstance(decided, Refusal) else None
    return act_of_command(Scene(command, events, before, world.board), refusal)


def title(name: str) -> str:
    return COLUMN_TITLES[Column(name)] if name in set(Column) else name


def test_every_command_and_every_action_has_its_line() -> None:
    from kanban_app.domain import audit_commands, audit_words

    assert set(get_args(Command)) == set(audit_commands._COMMANDS), "say in audit_commands.py what the log says of it"
    assert set(audit_words._WORDS) == set(Action)
    assert {action for group in Group for action in actions_of(group)} == set(Action)


@pytest.mark.parametrize("action", Action)
def test_every_action_makes_a_sentence_with_and_without_its_details(action: Action) -> None:
    names = ("fields", "from", "to", "label", "image", "name", "column", "limit", "run", "stages", "place", "workflow",
             "request", "by", "count", "scopes", "changed", "file", "cards", "what", "action")  # fmt: skip
    full = Act(action, Target("task", "t1", "Fix login"), {name: name for name in names[:MOST_DETAILS]})
    for act in (full, Act(action), Act(action, code="E-X-1")):
        words = what_words(act)
        assert "{" not in words
        assert words.strip() == words
    assert what_words(Act(action, code="E-X-1")).startswith("wanted to ")


def test_a_move_in_plain_words() -> None:
    world = World()
    card = world.card(title="Fix login")
    act = told(world, c.MoveTask(card, Column.PLAN))
    assert (act.action, act.target) == (Action.TASK_MOVED, Target("task", card, "Fix login"))
    run = world.run(card).adw_id
    said = sentence(Entry(NOW, ANNA, act), title)
    assert said == f"Anna moved “Fix login” from Backlog to Plan, which started run {run}"
    refused = told(world, c.MoveTask(card, Column.ERRORED))
    assert what_words(refused, title) == "wanted to move “Fix login” from Plan to Errored"
    assert refused.code == "E-MOVE-2"


def test_of_an_edit_only_the_names_of_the_fields_are_told() -> None:
    world = World()
    card = world.card()
    act = told(world, c.EditTask(card, {"description": "my password is hunter2", "title": "New"}))
    assert dict(act.details) | {"images-added": "", "images-removed": ""} == {
        "fields": "description, title", "images-added": "", "images-removed": "",
    }  # fmt: skip
    assert "hunter2" not in repr(act)


def test_a_card_that_is_deleted_for_good_is_named_as_it_was() -> None:
    world = World()
    card = world.card(title="Secret plans")
    world.do(c.DeleteTask(card))
    assert told(world, c.PurgeTask(card)).target.title == "Secret plans"


def test_what_becomes_of_a_trigger_is_told_and_reports_of_runs_are_not() -> None:
    world = World()
    card = world.card(title="Fix login")
    world.move(card, Column.PLAN)
    before, attempt = world.board, world.attempt(card)

    def reported(message: r.Report) -> Act | None:
        events = world.say(message)
        assert not isinstance(events, Refusal)
        return act_of_report(Scene(message, events, before, world.board))

    sent = reported(r.Sending(attempt.id, "adw_sdlc_iso", attempt.stages, Vintage.V1))
    assert sent is not None
    assert (sent.action, sent.target.title, sent.details["workflow"]) == (
        Action.RUN_TRIGGERED, "Fix login", "adw_sdlc_iso",
    )  # fmt: skip
    assert reported(r.StageReported(attempt.adw_id, Column.PLAN, at=NOW)) is None
    refused = reported(r.Refused(attempt.id, Failure("E-WF-3", {"message": "no"})))
    assert refused is None or refused.code == "E-WF-3"


def test_a_trigger_that_is_sent_once_more_after_a_doubt_is_told_as_the_same() -> None:
    world = World()
    card = world.card(title="Fix login")
    world.move(card, Column.PLAN)
    attempt = world.attempt(card)

    def sent() -> str:
        before, message = world.board, r.Sending(attempt.id, "adw_plan_iso", attempt.stages, Vintage.OURS)
        world.do(message)
        act = act_of_report(Scene(message, world.last, before, world.board))
        assert act is not None
        return what_words(act)

    tail = f": adw_plan_iso, run {attempt.adw_id}"
    assert sent() == f"sent the trigger of “Fix login” to the service{tail}"
    world.do(r.Unsent(attempt.id))
    assert sent() == f"sent the trigger of “Fix login” to the service{tail}", "nothing had left"
    world.do(r.Uncertain(attempt.id, "E-LOAD-4"))
    assert sent() == f"sent the trigger of “Fix login” to the service again, under the same request id{tail}"


def test_who_it_was() -> None:
    assert who_words(ITSELF) == "The board itself"
    assert who_words(Actor("a person", "person", "", Way.BOARD)) == "Somebody"
    assert who_words(Actor("ci", "token", "", Way.API)) == "The program “ci”"
    assert who_words(Actor("root", "local", "", Way.COMMAND_LINE)) == "Root"


def test_texts_are_bounded_and_on_one_line() -> None:
    details = {f"name{n}": "y" * 1000 for n in range(50)} | {"empty": ""}
    target = Target("task", "t", "one\ntwo\x1b[31m\u202ethree " + "x" * 1_000_000)
    entry = bounded(
        Entry(NOW, Actor("n" * 500, "person", "a" * 500, Way.BOARD), Act(Action.TASK_MOVED, target, details))
    )
    assert len(entry.act.target.title) <= TITLE_LIMIT
    assert entry.act.target.title.startswith("one two[31mthree x")
    assert len(entry.act.details) == MOST_DETAILS
    assert {len(value) for value in entry.act.details.values()} == {VALUE_LIMIT}
    assert max(len(entry.actor.name), len(entry.actor.address)) == 100


def entry(n: int, code: str = "", at: datetime = NOW) -> Entry:
    return Entry(at, ANNA, Act(Action.TASK_MOVED, Target("task", str(n)), code=code))


def test_a_trail_is_bounded_and_says_what_is_missing() -> None:
    trail = Trail()
    for n in range(WAITING_LIMIT + 7):
        trail.put(entry(n))
    taken = trail.take(WAITING_LIMIT)
    assert len(taken) == WAITING_LIMIT + 1
    assert (taken[-1].act.action, taken[-1].act.details) == (Action.AUDIT_LOST, {"count": "7"})
    assert trail.take(10) == []


def test_what_could_not_be_written_waits_before_all_others() -> None:
    trail = Trail()
    for n in range(3):
        trail.put(entry(n))
    trail.give_back(trail.take(2))
    assert [one.act.target.id for one in trail.take(9)] == ["0", "1", "2"]


def test_a_flood_of_refused_deeds_is_counted_and_not_kept() -> None:
    trail = Trail()
    for n in range(5000):
        trail.put(entry(n, "E-X-1"))
    assert trail.waiting == REFUSALS_AT_ONCE
    trail.take(1000)
    trail.put(entry(1, "E-X-1", NOW + timedelta(seconds=2)))
    (one,) = trail.take(10)
    assert one.act.details == {"unrecorded": str(5000 - REFUSALS_AT_ONCE)}
    trail.put(entry(2))
    assert trail.waiting == 1, "what was done is always kept"


def test_steps_of_a_card_are_stages_of_columns() -> None:
    world = World()
    card = world.card(title="Fix login")
    act = told(world, c.StartTask(card, stages=(Stage.PLAN, Stage.BUILD)))
    assert what_words(act, title).startswith("started “Fix login” at Plan, Build, run ")


def asked(code: str = "") -> Entry:
    return Entry(NOW, ANNA, Act(Action.SERVICE_ASKED, code=code))


def test_a_flood_at_the_built_in_service_hides_no_other_refusals_and_nothing_that_is_done() -> None:
    trail = Trail()
    for _ in range(5000):
        trail.put(asked("ignored"))
    assert trail.waiting == REFUSALS_AT_ONCE
    trail.put(entry(1, "E-X-1"))
    trail.put(asked())
    refusal, done = trail.take(1000)[-2:]
    assert (refusal.act.code, refusal.act.details, done.act.code) == ("E-X-1", {}, "")


def test_what_can_never_be_written_is_missing_and_counted_once() -> None:
    trail = Trail()
    trail.drop(entry(1))
    trail.put(entry(2))
    lost = trail.take(1)[-1]
    assert lost.act.details == {"count": "1"}
    trail.drop(lost)
    trail.put(entry(3))
    assert trail.take(1)[-1].act.details == {"count": "1"}
