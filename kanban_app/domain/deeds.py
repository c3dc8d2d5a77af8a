"""What an operation has done to a card: all that is needed to take it back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kanban_app.domain.stages import Column

Names = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Place:
    column: Column
    rank: str


@dataclass(frozen=True, slots=True)
class Deed:
    """A change of one card, from what was to what is.

    `edits` has the old and the new value of each field, in the form of the event log. `restored` is when
    the card had been deleted that was brought back, `archived_at` since when it is in the archive afterwards, and
    `was_archived` since when it was there before. `opened` is the attempt that was started, `withdrawn` a waiting one
    that was taken back, `stopped` one that was asked to end; `attempt_id` is the card's newest attempt afterwards,
    `stages` its list. `images` has the names of its images before and after, None where it was not on the card.
    `was_removed_by` is who had put it into the archive before.
    """

    task_id: str
    source: Place | None = None
    target: Place | None = None
    edits: Mapping[str, tuple[object, object]] = field(default_factory=dict[str, tuple[object, object]])
    deleted_at: datetime | None = None
    restored: datetime | None = None
    archived_at: datetime | None = None
    was_archived: datetime | None = None
    opened: str | None = None
    withdrawn: str | None = None
    stopped: str | None = None
    attempt_id: str | None = None
    stages: tuple[str, ...] = ()
    images: Mapping[str, Names] = field(default_factory=dict[str, Names])
    was_removed_by: str = ""

    @property
    def archives(self) -> bool:
        return self.archived_at is not None and self.was_archived is None

    @property
    def unarchives(self) -> bool:
        return self.archived_at is None and self.was_archived is not None

    @property
    def changes_column(self) -> bool:
        return self.source is not None and self.target is not None and self.source.column is not self.target.column


def to_json(deed: Deed) -> dict[str, object]:
    return {
        "task_id": deed.task_id,
        "source": _place_json(deed.source),
        "target": _place_json(deed.target),
        "edits": {name: list(values) for name, values in deed.edits.items()},
        "deleted_at": deed.deleted_at and deed.deleted_at.isoformat(),
        "restored": deed.restored and deed.restored.isoformat(),
        "archived_at": deed.archived_at and deed.archived_at.isoformat(),
        "was_archived": deed.was_archived and deed.was_archived.isoformat(),
        "opened": deed.opened,
        "withdrawn": deed.withdrawn,
        "stopped": deed.stopped,
        "attempt_id": deed.attempt_id,
        "stages": list(deed.stages),
        "images": {image_id: list(names) for image_id, names in deed.images.items()},
        "was_removed_by": deed.was_removed_by,
    }


def from_json(data: Mapping[str, Any]) -> Deed:
    return Deed(
        task_id=data["task_id"],
        source=_place(data["source"]),
        target=_place(data["target"]),
        edits={name: (before, after) for name, (before, after) in data["edits"].items()},
        deleted_at=_moment(data["deleted_at"]),
        restored=_moment(data["restored"]),
        archived_at=_moment(data.get("archived_at")),
        was_archived=_moment(data.get("was_archived")),
        opened=data["opened"],
        withdrawn=data["withdrawn"],
        stopped=data["stopped"],
        attempt_id=data["attempt_id"],
        stages=tuple(data["stages"]),
        # What was done before cards had images has none.
        images={image_id: (before, after) for image_id, (before, after) in data.get("images", {}).items()},
        was_removed_by=data.get("was_removed_by", ""),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _place_json(place: Place | None) -> list[str] | None:
    return None if place is None else [place.column.value, place.rank]


def _place(data: list[str] | None) -> Place | None:
    return None if data is None else Place(Column(data[0]), data[1])
