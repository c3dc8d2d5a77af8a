"""What the last line of an agent's output (`"type": "result"`) says of the work: its extent and its price."""

from collections.abc import Mapping
from typing import Final

from kanban_app.tac7.wire import as_optional_object

_FIELDS: Final = ("subtype", "duration_ms", "duration_api_ms", "num_turns", "total_cost_usd")
_USAGE: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


def details_of(raw: Mapping[str, object]) -> dict[str, object]:
    """Of a result line what programs can reckon with, as far as it is there."""
    details = {name: raw[name] for name in _FIELDS if name in raw}
    usage = as_optional_object(raw.get("usage")) or {}
    counts = {name: usage[name] for name in _USAGE if name in usage}
    return {**details, "usage": counts} if counts else details
