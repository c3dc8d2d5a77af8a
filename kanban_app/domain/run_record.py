"""What boards have written about a run of the embedded service, beside what the service knows of it itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunRecord:
    """`data` is a JSON object; `deleted_at` is set once the run was deleted, its id is not given out again."""

    adw_id: str
    created_at: datetime
    updated_at: datetime
    data: Mapping[str, object] = field(default_factory=dict[str, object])
    deleted_at: datetime | None = None
