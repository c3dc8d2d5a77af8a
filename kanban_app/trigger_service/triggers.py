"""What the service does about a request to start or to cancel: the answers, in V1's order and words."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.tac7.client_faults import system_error, validation_error
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.tac7.codec import encode, format_time
from kanban_app.tac7.messages import CancelResponse, ServerMessage, StatusUpdate, TriggerResponse
from kanban_app.tac7.server_messages import CancelResponseData, StatusUpdateData, TriggerResponseData
from kanban_app.tac7.service_session import Cancel, Trigger
from kanban_app.trigger_service import launcher
from kanban_app.trigger_service.broadcaster import Subscriber
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.programs import NoProgram, Program, Programs
from kanban_app.trigger_service.protocols import RunLedger
from kanban_app.trigger_service.supervisor import Supervisor

_log: Final = logging.getLogger(__name__)


class TriggerDesk:
    """Takes requests one after the other, whichever connection they come from."""

    def __init__(
        self,
        config: ServiceConfig,
        ledger: RunLedger,
        supervisor: Supervisor,
        programs: Programs,
        clock: Callable[[], datetime],
    ) -> None:
        self.started = 0
        self._config = config
        self._ledger = ledger
        self._supervisor = supervisor
        self._programs = programs
        self._clock = clock
        self._turn = asyncio.Lock()
        self._closing = asyncio.Event()

    async def close(self) -> None:
        """Start nothing more; return when the start under way is through."""
        self._closing.set()
        async with self._turn:
            return

    async def trigger(self, trigger: Trigger, client: Subscriber) -> None:
        """Answer with status updates and one `trigger_response`, or with one `error`."""
        adw_id = trigger.data.adw_id or uuid4().hex[:8]
        try:
            await self._settle(adw_id)
            async with self._turn:
                await self._decide(trigger, adw_id, client)
        except Exception as error:  # noqa: BLE001 - the root of a task; the client gets an answer in any case
            _log.exception("a trigger of run %s could not be answered", adw_id)
            _send(client, system_error(type(error).__name__), trigger.request_id)

    async def resume(self, launch: Launch) -> None:
        """Start what was promised before the service died; say that it was never started where that cannot be."""
        try:
            program = self._programs.choose(TriggerWorkflowData.model_validate(launch.request), launch.adw_id)
            if isinstance(program, NoProgram):
                raise OSError(program.message)
            token = launcher.new_token()
            run_dir = await asyncio.to_thread(launcher.new_run_dir, self._config, launch.adw_id, launch.request_id)
            again = replace(launch, token_hash=launcher.hash_token(token), run_dir=str(run_dir))
            run = await self._supervisor.start(again, program, token)
        except (OSError, ValueError):  # what cannot be started must not keep the service from starting
            _log.exception("run %s could not be started after all", launch.adw_id)
            await self._supervisor.adopt(launch)
        else:
            self.started += 1
            run.opened.set()

    async def cancel(self, cancel: Cancel, client: Subscriber) -> None:
        """Answer with one `cancel_response`; the end itself is broadcast when it is there."""
        try:
            begun = await self._supervisor.cancel(cancel.adw_id, cancel.request_id)
        except Exception as error:  # noqa: BLE001 - the root of a task; the client gets an answer in any case
            _log.exception("run %s could not be cancelled", cancel.adw_id)
            data = CancelResponseData(status="error", adw_id=cancel.adw_id, message=type(error).__name__)
        else:
            text = "The run is being ended" if begun else "No such run is active"
            data = CancelResponseData(status="accepted" if begun else "ignored", adw_id=cancel.adw_id, message=text)
        client.reply_in_turn(encode(CancelResponse(data=data, request_id=cancel.request_id)))

    async def _settle(self, adw_id: str) -> None:
        """A run that has said its last word gets the moment that its process needs to go: no reason to refuse."""
        run = self._supervisor.run_of(adw_id)
        if run is None or not run.has_spoken:
            return
        waits = [asyncio.create_task(event.wait()) for event in (run.ended, self._closing)]
        await asyncio.wait(waits, timeout=self._config.settle_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _decide(self, trigger: Trigger, adw_id: str, client: Subscriber) -> None:
        if self._closing.is_set():
            _send(client, system_error("the service is stopping"), trigger.request_id)
            return
        known = await self._ledger.find_request(trigger.request_id) if trigger.request_id else None
        if known is not None:
            _send(client, TriggerResponse(data=_first_answer(known)), trigger.request_id)
            return
        program = self._programs.choose(trigger.data, adw_id)
        if isinstance(program, NoProgram):
            _send(client, validation_error(program.message), trigger.request_id)
        elif self._supervisor.run_of(adw_id) is not None:
            answer = _answer("ignored", adw_id, trigger.data.workflow_type, f"Run {adw_id} is already active")
            _send(client, TriggerResponse(data=answer), trigger.request_id)
        else:
            await self._start(trigger, adw_id, program, client)

    async def _start(self, trigger: Trigger, adw_id: str, program: Program, client: Subscriber) -> None:
        name = trigger.data.workflow_type
        answer = _answer("accepted", adw_id, name, f"ADW {name} triggered successfully")
        token = launcher.new_token()
        launch = await self._new_launch(trigger, adw_id, program, token, answer.model_dump())
        self._tell(client, trigger, adw_id, "started", f"Starting {name} workflow with ID {adw_id}")
        try:
            run = await self._supervisor.start(launch, program, token)
        except (OSError, ValueError) as error:  # ValueError: what no environment variable can hold
            await self._refuse(trigger, launch, f"Failed to start workflow: {error}", client)
            return
        self.started += 1
        self._tell(client, trigger, adw_id, "in_progress", f"Workflow {name} is running in background")
        _send(client, TriggerResponse(data=answer), trigger.request_id)
        run.opened.set()

    async def _refuse(self, trigger: Trigger, launch: Launch, text: str, client: Subscriber) -> None:
        answer = _answer("error", launch.adw_id, launch.workflow_type, "The workflow could not be started", text)
        await self._supervisor.record_failure(launch, text, answer.model_dump())
        self._tell(client, trigger, launch.adw_id, "failed", text)
        _send(client, TriggerResponse(data=answer), trigger.request_id)

    async def _new_launch(
        self, trigger: Trigger, adw_id: str, program: Program, token: str, answer: Mapping[str, Any]
    ) -> Launch:
        request_id = trigger.request_id or uuid4().hex
        previous = await self._ledger.latest_for(adw_id)
        run_dir = await asyncio.to_thread(launcher.new_run_dir, self._config, adw_id, request_id)
        return Launch(
            request_id=request_id,
            adw_id=adw_id,
            workflow_type=trigger.data.workflow_type,
            state=LaunchState.STARTING,
            token_hash=launcher.hash_token(token),
            run_dir=str(run_dir),
            created_at=self._clock(),
            stages=tuple(stage.value for stage in program.stages),
            request=_request(trigger.data, previous),
            answer=answer,
            branch=previous.branch if previous else None,
            worktree=previous.worktree if previous else None,
            demo=program.demo,
        )

    def _tell(self, client: Subscriber, trigger: Trigger, adw_id: str, status: str, text: str) -> None:
        data = StatusUpdateData(
            adw_id=adw_id,
            workflow_name=trigger.data.workflow_type,
            status=status,
            message=text,
            timestamp=format_time(self._clock()),
        )
        _send(client, StatusUpdate(data=data), trigger.request_id)


def _request(data: TriggerWorkflowData, previous: Launch | None) -> dict[str, Any]:
    """The request, with the ticket of the run's earlier launch where it brings none of its own."""
    request = data.model_dump(mode="json")
    if previous is not None:
        for name in ("issue_json", "issue_number", "issue_type"):
            request[name] = request.get(name) or previous.request.get(name)
    return request


def _answer(status: str, adw_id: str, name: str, text: str, error: str | None = None) -> TriggerResponseData:
    logs_path = f"agents/{adw_id}/{name}/" if status == "accepted" else ""
    return TriggerResponseData(
        status=status, adw_id=adw_id, workflow_name=name, message=text, logs_path=logs_path, error=error
    )


def _first_answer(launch: Launch) -> TriggerResponseData:
    if launch.answer is not None:
        return TriggerResponseData.model_validate(dict(launch.answer))
    return _answer("accepted", launch.adw_id, launch.workflow_type, "Already triggered")


def _send(client: Subscriber, message: ServerMessage, request_id: str | None) -> None:
    client.reply(encode(message.model_copy(update={"request_id": request_id})))
