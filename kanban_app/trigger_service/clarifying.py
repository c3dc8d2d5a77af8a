"""What a ticket is understood to mean, asked of the configured command; else V1's documented fallback."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any, Final, cast

from kanban_app.tac7.wire import as_text
from kanban_app.trigger_service.commands import CommandFailed, ask
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.project_files import decoded

_log: Final = logging.getLogger(__name__)
_AT_ONCE: Final = 2
_IN_LINE: Final = 20
_OUTPUT_LIMIT: Final = 256 * 1024
_CONFIDENCES: Final = ("high", "medium", "low")
_MOST_QUESTIONS: Final = 50
_LONGEST: Final = 20_000

Answer = dict[str, Any]


class Clarifier:
    """Two commands run at once, twenty questions wait at most; whoever comes then gets the fallback."""

    def __init__(self, config: ServiceConfig) -> None:
        self._command = config.clarify_command
        self._cwd: Path = config.project_dir or config.data_dir
        self._time_limit_s = config.clarify_limit_s
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._asked = 0

    async def clarify(self, question: Answer) -> Answer:
        """Never raises: what the command cannot tell is left to people."""
        if not self._command or self._asked >= _AT_ONCE + _IN_LINE:
            return fallback(as_text(question.get("description")))
        self._asked += 1
        try:
            async with self._places:
                return await self._ask(question)
        finally:
            self._asked -= 1

    async def _ask(self, question: Answer) -> Answer:
        try:
            output = await ask(
                self._command,
                json.dumps(question).encode(),
                self._cwd,
                time_limit_s=self._time_limit_s,
                output_limit=_OUTPUT_LIMIT,
            )
        except CommandFailed as failure:
            _log.warning("the command that clarifies tickets has failed: %s", failure)
            return fallback(as_text(question.get("description")))
        found = read_answer(output)
        if found is None:
            _log.warning("the command that clarifies tickets has printed something else than an answer")
        return found or fallback(as_text(question.get("description")))


def read_answer(output: bytes) -> Answer | None:
    """The command's JSON object with `understanding`, `confidence` and `questions`; None for anything else."""
    value = decoded(output.decode("utf-8", "replace"))
    if not isinstance(value, dict):
        return None
    told = cast(Answer, value)
    understanding, questions = told.get("understanding"), told.get("questions", [])
    if not isinstance(understanding, str) or not understanding.strip() or not isinstance(questions, list):
        return None
    confidence = told.get("confidence")
    return {
        "understanding": understanding[:_LONGEST],
        "confidence": confidence if confidence in _CONFIDENCES else "low",
        "questions": [as_text(item)[:_LONGEST] for item in cast(list[object], questions)[:_MOST_QUESTIONS]],
        "status": "awaiting_approval",
    }


def fallback(description: str) -> Answer:
    """Without a command, or when it has failed."""
    text = description.strip()
    return {
        "understanding": f"Not looked into. The ticket says: {text[:500]}"
        if text
        else "The ticket has no description.",
        "confidence": "low",
        "questions": ["Is there anything to add before the work begins?"],
        "status": "awaiting_approval",
    }
