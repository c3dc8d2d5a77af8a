"""`python -m kanban_app conformance`."""

import asyncio

from kanban_app.conformance.peer import NotReached
from kanban_app.conformance.report import Report
from kanban_app.conformance.runner import check_service
from kanban_app.conformance.target import UnusableTarget, parse_target
from kanban_app.errors import StartRefusal, describe


def conformance(url: str, *, token: str | None = None, full: bool = False) -> Report:
    """Check the service. Raises StartRefusal, with one sentence, when there is nothing to check."""
    try:
        return asyncio.run(check_service(parse_target(url, token), full=full))
    except UnusableTarget as error:
        raise StartRefusal(str(error)) from error
    except NotReached as refused:
        view = describe(refused.code, refused.params)
        raise StartRefusal(f"{view['title']}: {view['message']} ({refused.code})") from refused
