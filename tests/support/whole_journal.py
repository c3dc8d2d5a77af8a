"""All that a service has ever told, page by page."""

import json
from typing import Any

from kanban_app.store.journal import ServiceJournal


async def whole_journal(journal: ServiceJournal) -> list[dict[str, Any]]:
    """The messages in the order of their numbers."""
    messages: list[dict[str, Any]] = []
    after = 0
    while page := await journal.since(after, 10_000):
        messages += [json.loads(text) for _, text in page]
        after = page[-1][0]
    return messages
