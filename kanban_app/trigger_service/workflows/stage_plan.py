"""What a request's `config` asks of each stage of an orchestrated workflow (reference section 2.1). Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

MERGE: Final = "merge"
KNOWN: Final = ("plan", "build", "test", "review", "document", MERGE)
_MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}")


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage: what its script gets beside the numbers, and why it is left out, if it is."""

    name: str
    model: str | None = None
    flags: tuple[str, ...] = ()
    skipped: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "model": self.model, "skipped": self.skipped}


def plan_stages(names: Sequence[str], config: Mapping[str, Any]) -> list[StagePlan]:
    """The stages once each, in the order asked for; `implement` is another name of build.

    Raises ValueError, with the words for the client, for what no stage script could carry out.
    """
    chosen = list(dict.fromkeys(usual_name(name) for name in names))
    unknown = [name for name in chosen if name not in KNOWN]
    if unknown:
        raise ValueError(f"stages cannot be run by this service: {', '.join(unknown)[:200]}")
    if not chosen:
        raise ValueError("stages must name at least one stage")
    wishes = _object(config.get("stage_config"))
    wished = {usual_name(name): wish for name, wish in sorted(wishes.items(), key=lambda item: item[0] in KNOWN)}
    return [_planned(name, _object(wished.get(name))) for name in chosen]


def usual_name(stage: str) -> str:
    return "build" if stage == "implement" else stage


def _planned(name: str, wish: Mapping[str, Any]) -> StagePlan:
    arguments = _object(wish.get("custom_args"))
    model = arguments.get("model") or None
    if model is not None and not (isinstance(model, str) and _MODEL.fullmatch(model)):
        raise ValueError(f"config.stage_config.{name}.custom_args.model is not the name of a model")
    return StagePlan(name, model, tuple(_flags(name, model, arguments)), _reason_to_skip(name, wish, arguments))


def _flags(name: str, model: str | None, arguments: Mapping[str, Any]) -> list[str]:
    flags: list[str] = []
    if name == "test" and arguments.get("skip_e2e"):
        flags.append("--skip-e2e")
    if name == "review" and arguments.get("skip_resolution"):
        flags.append("--skip-resolution")
    # A merge script would take it for the method of the merge.
    if model and name != MERGE:
        flags.append(f"--model={model}")
    return flags


def _reason_to_skip(name: str, wish: Mapping[str, Any], arguments: Mapping[str, Any]) -> str | None:
    if wish.get("enabled") is False:
        return "Not enabled for this run"
    if name == "review" and arguments.get("skip_review"):
        return "The review was to be skipped"
    return None


def _object(value: object) -> Mapping[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
