"""Whose services an event gets: those of the project whose address its tab's socket was opened at."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from reflex_base.event.context import EventContext

from kanban_app.errors import BoardError
from kanban_app.services.projects.all_projects import Projects
from kanban_app.web import wiring
from tests.support.fake_services import FakeBoard


class Known:
    """One other project beside the first."""

    def __init__(self) -> None:
        self.shop = FakeBoard().services

    def running_services(self, project: str) -> object:
        if project != "shop":
            raise BoardError("E-SYS-3", {"what": "This project"})
        return self.shop


@pytest.fixture
def first() -> FakeBoard:
    return FakeBoard()


@pytest.fixture
def known(first: FakeBoard) -> Iterator[Known]:
    made = Known()
    wiring.connect(first.services, cast("Projects", made))
    yield made
    wiring.connect(None)


def event_of(project: str | None) -> EventContext:
    headers = {} if project is None else {"x-kanban-project": project}
    nothing: Any = None
    return EventContext(token="t", state_manager=nothing, enqueue_impl=nothing, router_data={"headers": headers})


def test_each_event_gets_the_services_of_its_tab(first: FakeBoard, known: Known) -> None:
    assert wiring.services() is first.services
    with event_of(None):
        assert wiring.services() is first.services
    with event_of("shop"):
        assert (wiring.tab_project(), wiring.services()) == ("shop", known.shop)
    with event_of("nobody"), pytest.raises(BoardError, match="This project"):
        wiring.services()


def test_before_the_start_there_are_none() -> None:
    with pytest.raises(RuntimeError):
        wiring.services()
    with pytest.raises(RuntimeError):
        wiring.projects()
