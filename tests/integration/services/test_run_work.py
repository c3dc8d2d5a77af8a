"""What a run has made, asked of a service through the board."""

from dataclasses import replace
from pathlib import Path

import pytest

from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import BoardError
from kanban_app.services.markdown import Markdown
from kanban_app.services.run_work import RunWork
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.trouble import Unanswered
from tests.support.board_bench import Bench, bench, connected


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "board.db"


def work(b: Bench) -> RunWork:
    return RunWork(lambda: b.keeper.board, b.sender, Markdown())


async def test_a_service_of_v1_has_plans_and_no_changes(database: Path) -> None:
    async with bench(database) as b:
        run = (await b.running()).run_id or ""
        b.sender.connection = connected(Vintage.V1)
        b.sender.work[f"{run} plan"] = {"plan_content": "*Do* it", "plan_file": "specs/x.md"}
        plan = await work(b).plan(run)
        assert (plan["html"], plan["truncated"]) == ("<p><em>Do</em> it</p>\n", False)
        assert (await work(b).changes(run))["supported"] is False
        b.sender.connection = connected(Vintage.V0)
        assert (await work(b).plan(run))["supported"] is False
        assert b.sender.asked == [f"{run} plan"]


async def test_what_cannot_be_compared_has_a_reason(database: Path) -> None:
    async with bench(database) as b:
        run = (await b.running()).run_id or ""
        b.sender.work[f"{run} changes"] = {"code": "no-branch", "reason": "Run x has no branch", "files": []}
        view = await work(b).changes(run)
        assert (view["supported"], view["code"], view["reason"]) == (True, "no-branch", "Run x has no branch")


async def test_what_keeps_work_from_being_shown(database: Path) -> None:
    async with bench(database) as b:
        run = (await b.running()).run_id or ""
        asked = work(b)
        b.sender.fetch_problem = Unanswered("E-SYS-3")
        assert (await asked.changes(run))["code"] == "unknown-run"
        for problem, code in (
            (Unanswered("E-SYS-7", {"error": "no"}), "E-SYS-7"),
            (NotSent(), "E-CONN-7"),
        ):
            b.sender.fetch_problem = problem
            for question in (asked.plan(run), asked.changes(run), asked.diff(run, "a")):
                with pytest.raises(BoardError) as failed:
                    await question
                assert failed.value.code == code
        b.sender.fetch_problem = Unanswered("E-SYS-4")
        assert (await asked.changes(run))["supported"] is False
        assert (await asked.plan(run))["supported"] is False
        b.sender.connection = replace(b.sender.connection, state=ConnectionState.RECONNECTING)
        for question in (asked.plan(run), asked.changes(run), asked.diff(run, "a")):
            with pytest.raises(BoardError) as away:
                await question
            assert away.value.code == "E-CONN-7"
        with pytest.raises(BoardError) as nobody:
            await asked.plan("nobody00")
        assert nobody.value.code == "E-WF-11"
