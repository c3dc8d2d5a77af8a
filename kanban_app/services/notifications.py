"""What people were told of, for everyone who asks; `Keeper` keeps it."""

from typing import Final, Protocol, TypedDict

from kanban_app.domain.records import NewsKind, Notification
from kanban_app.services.keeper import Keeper
from kanban_app.services.views import millis

__all__ = ["MOST", "NewsKind", "Notifications"]

MOST: Final = 200


class NotificationView(TypedDict):
    """Told in the words of its time. `task_id` is the card that it is about, empty where there is none (any more)."""

    seq: int
    at: int
    kind: str
    title: str
    message: str
    advice: str
    task_id: str


class NotificationList(TypedDict):
    """The newest first; `newest` is the number of the newest one there is."""

    notifications: list[NotificationView]
    newest: int


class NotificationSource(Protocol):
    """What is needed of the store."""

    async def notifications(
        self, limit: int, *, since: int = 0, kind: NewsKind | None = None
    ) -> list[Notification]: ...


class Notifications:
    def __init__(self, source: NotificationSource, keeper: Keeper) -> None:
        self._source = source
        self._keeper = keeper

    async def list(self, limit: int, since: int = 0, kind: NewsKind | None = None) -> NotificationList:
        """The newest `limit` after number `since`. Raises StoreUnavailable."""
        newest = self._keeper.told
        told = await self._source.notifications(limit, since=since, kind=kind)
        return NotificationList(notifications=[self._view(one) for one in told], newest=newest)

    def _view(self, told: Notification) -> NotificationView:
        card = self._keeper.board.task(told.task_id) if told.task_id else None
        return NotificationView(
            seq=told.seq,
            at=millis(told.at) or 0,
            kind=told.kind.value,
            title=told.title,
            message=told.message,
            advice=told.advice,
            task_id=card.id if card else "",
        )
