"""What the end of an agent means for the attempt that it worked for."""

from kanban_app.domain import events as e
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Attempt, Board
from kanban_app.domain.reported import AgentEnded
from kanban_app.domain.starts import newest_attempt


def on_agent_ended(board: Board, report: AgentEnded, facts: Facts) -> list[e.Event]:
    """It is counted for its attempt, also when that has ended: the account may come last."""
    attempt = _attempt_of(board, report, facts)
    if attempt is None or not report.spent.is_known:
        return []
    return [e.AttemptSpent(attempt.id, attempt.adw_id, report.spent)]


def _attempt_of(board: Board, report: AgentEnded, facts: Facts) -> Attempt | None:
    """The one that the service names, else the last one of the run that was sent before."""
    named = board.attempts.get(report.attempt_id or "")
    if named and named.adw_id == report.adw_id:
        return named
    at = facts.our_time(report.at)
    sent = [a for a in board.attempts.values() if a.adw_id == report.adw_id and a.sent_at and a.sent_at <= at]
    return max(sent, key=lambda a: (a.sent_at, a.id), default=None) or newest_attempt(board, report.adw_id)
