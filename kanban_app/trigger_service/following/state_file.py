"""What is new in a run's `adw_state.json` (reference section 6.2). Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from kanban_app.tac7.codec import load
from kanban_app.trigger_service.reports import Message

LARGEST: Final = 1024 * 1024
_DIGEST_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class StateChange:
    """The message about it, the state itself, and the fingerprint that the next content is compared with."""

    message: Message
    state: Mapping[str, Any]
    fingerprint: str


def state_change(adw_id: str, content: bytes, fingerprint: str) -> StateChange | None:
    """What has changed since the state with this fingerprint ("" for none); None when nothing has, or while the file is
    only half written.
    """
    try:
        value = load(content.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    state = cast("dict[str, Any]", value)
    before, after = _parsed(fingerprint), {name: _digest(each) for name, each in state.items()}
    changed = [name for name in {**after, **before} if before.get(name) != after.get(name)]
    if not changed:
        return None
    data = {"adw_id": adw_id, "state": state, "changed_fields": changed}
    return StateChange({"type": "agent_updated", "data": data}, state, json.dumps(after, separators=(",", ":")))


def _parsed(fingerprint: str) -> dict[str, str]:
    return cast("dict[str, str]", json.loads(fingerprint)) if fingerprint else {}


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
