"""Which failure of the catalogue a run has ended with, by the words of its service: there is nothing else to go by."""

import re
from collections.abc import Mapping
from typing import Final

from kanban_app.domain.model import Failure

NO_REASON: Final = "No reason was sent"
_PRECONDITION: Final = re.compile(r"precondition failed\b[:.\s]*", re.IGNORECASE)
_NO_TICKET: Final = re.compile(
    r"(failed|unable) to (fetch|read|load|find) (the )?(issue|ticket)\b"
    r"|(could|can) ?not (fetch|read|load|find) (the )?(issue|ticket)\b",
    re.IGNORECASE,
)
_AI_TOOL: Final = re.compile(
    r"\bis_error\b"
    r"|\b(api|authentication|overloaded|rate_limit)_error\b"
    r"|\bapi error: ?[45]\d\d\b"
    r"|\binvalid api key\b"
    r"|\bplease run /login\b"
    r"|\busage limit reached\b"
    r"|\bquota exceeded\b"
    r"|\bcredit balance is too low\b"
    r"|\bclaude code (is not installed|error|failed)\b"
    r"|\berror (executing|running) claude\b",
    re.IGNORECASE,
)


def failure_of(code: str, params: Mapping[str, str]) -> Failure:
    """The failure that the `message` in `params` tells of, or `code` when it tells nothing in particular."""
    message = params["message"].strip()
    if found := _PRECONDITION.match(message):
        return Failure("E-WF-6", {**params, "what": message[found.end() :] or NO_REASON})
    if _NO_TICKET.search(message):
        return Failure("E-WF-16", params)
    if _AI_TOOL.search(message):
        return Failure("E-WF-17", {"where": "", **params})
    return Failure(code, params)
