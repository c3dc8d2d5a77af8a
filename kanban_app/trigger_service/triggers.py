"""What the service does about a request to start or to cancel: the answers, in V1's order and words."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.tac7.client_faults import system_error, validation_error
from kanban_app.tac7.client_messages import TicketData, TriggerWorkflowData
from kanban_app.tac7.codec import encode, format_time
from kanban_app.tac7.messages import CancelResponse, ServerMessage, StatusUpdate, TriggerResponse
from kanban_app.tac7.server_messages import CancelResponseData, StatusUpdateData, TriggerResponseData
from kanban_app.tac7.service_session import Cancel, Trigger
from kanban_app.trigger_service import launcher, restarting
from kanban_app.trigger_service.broadcaster import Subscriber
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.outcome import unstartable, withdrawn
from kanban_app.trigger_service.programs import NoProgram, Program, Programs
from kanban_app.trigger_service.protocols import RunLedger
from kanban_app.trigger_service.supervisor import Supervisor
from kanban_app.trigger_service.waiting_line import WaitingLine

_log: Final = logging.getLogger(__name__)
_RETRY_S: Final = 2.0

# Why nothing came of a request, for the audit log.
ERROR: Final = "error"
IGNORED: Final = "ignored"
REPEATED: Final = "repeated"


class TriggerDesk:
    """Takes requests one after the other, whichever connection they come from."""

    def __init__(
        self,
        config: ServiceConfig,
        ledger: RunLedger,
        supervisor: Supervisor,
        programs: Programs,
        *,
        line: WaitingLine,
        clock: Callable[[], datetime],
    ) -> None:
        self.started = 0
        self._line = line
        self._config = config
        self._ledger = ledger
        self._supervisor = supervisor
        self._programs = programs
        self._clock = clock
        self._aside: set[str] = set()
        self._turn = asyncio.Lock()
        self._closing = asyncio.Event()
        self._stirred = asyncio.Event()

    async def close(self) -> None:
        """Start nothing more; return when the start under way is through."""
        self._closing.set()
        async with self._turn:
            return

    @asynccontextmanager
    async def set_aside(self, adw_id: str) -> AsyncGenerator[bool]:
        """Nothing of this run is started within the block; false when it is active or set aside already."""
        async with self._turn:
            is_free = self._obstacle(adw_id) is None
            if is_free:
                self._aside.add(adw_id)
        try:
            yield is_free
        finally:
            if is_free:
                self._aside.discard(adw_id)

    async def trigger(self, trigger: Trigger, client: Subscriber) -> str:
        """Answer with status updates and one `trigger_response`, or with one `error`.

        Gives a word for why nothing has begun, "" when the run has started or waits.
        """
        adw_id = trigger.data.adw_id or uuid4().hex[:8]
        try:
            await self._settle(adw_id)
            await self._settle(restarting.replaced_by(trigger.data, adw_id))
            async with self._turn:
                return await self._decide(trigger, adw_id, client)
        except Exception as error:  # noqa: BLE001 - the root of a task; the client gets an answer in any case
            _log.exception("a trigger of run %s could not be answered", adw_id)
            words = str(error).partition("\n")[0] or type(error).__name__
            _send(client, system_error(words), trigger.request_id)
            # It may have begun all the same, and failed at its answer.
            return ERROR if self._obstacle(adw_id) is None else ""

    async def resume(self, launch: Launch) -> None:
        """Start what was promised before the service died; say that it was never started where that cannot be."""
        try:
            await self._start_promised(launch)
        except Exception as error:
            if self._supervisor.run_of(launch.adw_id) is not None:
                _log.exception("run %s goes on, but its start could not be told", launch.adw_id)
            elif isinstance(error, OSError | ValueError):  # which must not keep the service from starting
                _log.exception("run %s could not be started after all", launch.adw_id)
                await self._supervisor.adopt(launch)
            else:
                raise

    def stir(self) -> None:
        """There may be a free place now, or somebody who waits for one."""
        self._stirred.set()

    async def serve_line(self) -> None:
        """Start those who wait, in their order, as places become free. For ever, until cancelled."""
        while True:
            self._stirred.clear()
            try:
                await self._let_in()
            except Exception:  # noqa: BLE001 - the root of a task; whoever waits goes on waiting
                _log.exception("nobody of those who wait can be started now; trying again")
                await asyncio.sleep(_RETRY_S)
            else:
                await self._stirred.wait()

    async def _let_in(self) -> None:
        async with self._turn:
            while not self._closing.is_set() and (launch := self._line.begin(self._supervisor.active)):
                started = False
                try:
                    await self._start_waiting(launch)
                    started = True
                finally:
                    self._line.settle(out=started)

    async def _start_waiting(self, launch: Launch) -> None:
        """Start it, or tell that this is not possible. Raises when neither can be done now."""
        try:
            await self._start_promised(launch)
        except Exception as error:
            if self._supervisor.run_of(launch.adw_id) is not None:
                _log.exception("run %s goes on, but its start could not be told", launch.adw_id)
            elif isinstance(error, OSError | ValueError):
                _log.warning("run %s could not be started when its turn came: %s", launch.adw_id, error)
                text = f"Failed to start workflow: {str(error).partition(chr(10))[0]}"
                await self._supervisor.record_end(launch, unstartable(launch, text, self._clock()))
            else:
                raise

    async def _start_promised(self, launch: Launch) -> None:
        """Start a launch that is on record and answered. Raises OSError or ValueError."""
        request = TriggerWorkflowData.model_validate(launch.request)
        program = await asyncio.to_thread(self._programs.choose, request, launch.adw_id)
        if isinstance(program, NoProgram):
            raise OSError(program.message)
        token = launcher.new_token()
        run_dir = await asyncio.to_thread(launcher.new_run_dir, self._config, launch.adw_id, launch.request_id)
        again = replace(
            launch,
            state=LaunchState.STARTING,
            token_hash=launcher.hash_token(token),
            run_dir=str(run_dir),
            stages=tuple(stage.value for stage in program.stages),
            demo=program.demo,
        )
        run = await self._supervisor.start(again, program, token)
        self.started += 1
        try:
            await self._supervisor.tell_of_start(run)
        finally:
            run.opened.set()

    async def cancel(self, cancel: Cancel, client: Subscriber) -> str:
        """Answer with one `cancel_response`; the end itself is broadcast when it is there.

        Gives a word for why nothing has begun to end, "" when something has.
        """
        run = self._supervisor.run_of(cancel.adw_id)
        is_repeat = run is not None and run.stopping is not None
        try:
            begun = await self._withdraw(cancel) or await self._supervisor.cancel(cancel.adw_id, cancel.request_id)
        except Exception as error:  # noqa: BLE001 - the root of a task; the client gets an answer in any case
            _log.exception("run %s could not be cancelled", cancel.adw_id)
            data = CancelResponseData(status="error", adw_id=cancel.adw_id, message=type(error).__name__)
            code = ERROR
        else:
            text = "The run is being ended" if begun else "No such run is active"
            data = CancelResponseData(status="accepted" if begun else "ignored", adw_id=cancel.adw_id, message=text)
            code = (REPEATED if is_repeat else "") if begun else IGNORED
        client.reply_in_turn(encode(CancelResponse(data=data, request_id=cancel.request_id)))
        return code

    async def _withdraw(self, cancel: Cancel) -> bool:
        """Take a run that waits out of the line; False where none does."""
        if self._line.of(cancel.adw_id) is None:
            return False
        async with self._turn:  # who is being started is a run like any other by then, and nobody comes meanwhile
            launch = self._line.take_out(cancel.adw_id, cancel.request_id)
            if launch is None:
                return False
            try:
                await self._supervisor.record_end(launch, withdrawn(launch, "Cancelled by the user", self._clock()))
            except BaseException:
                self._line.add(launch)
                raise
            return True

    async def _settle(self, adw_id: str | None) -> None:
        """A run that has said its last word gets the moment that its process needs to go: no reason to refuse."""
        run = self._supervisor.run_of(adw_id) if adw_id else None
        if run is None or not run.has_spoken:
            return
        waits = [asyncio.create_task(event.wait()) for event in (run.ended, self._closing)]
        await asyncio.wait(waits, timeout=self._config.settle_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _decide(self, trigger: Trigger, adw_id: str, client: Subscriber) -> str:
        if self._closing.is_set():
            _send(client, system_error("the service is stopping"), trigger.request_id)
            return ERROR
        known = await self._ledger.find_request(trigger.request_id) if trigger.request_id else None
        if known is not None:
            _send(client, TriggerResponse(data=_first_answer(known)), trigger.request_id)
            return REPEATED
        program = await asyncio.to_thread(self._programs.choose, trigger.data, adw_id)
        if isinstance(program, NoProgram):
            _send(client, validation_error(program.message), trigger.request_id)
            return ERROR
        if obstacle := self._obstacle(adw_id):
            answer = _answer("ignored", adw_id, trigger.data.workflow_type, obstacle)
            _send(client, TriggerResponse(data=answer), trigger.request_id)
            return IGNORED
        if self._line.has_room(self._supervisor.active):
            return await self._start(trigger, adw_id, program, client)
        if self._line.is_full:
            _send(client, system_error(f"{len(self._line)} runs wait already"), trigger.request_id)
            return ERROR
        await self._queue(trigger, adw_id, program, client)
        return ""

    def _obstacle(self, adw_id: str) -> str | None:
        """Why nothing of this run can be started now."""
        if adw_id in self._aside:
            return f"What run {adw_id} has left is being removed"
        is_active = self._supervisor.run_of(adw_id) is not None or self._line.of(adw_id) is not None
        return f"Run {adw_id} is already active" if is_active else None

    async def _queue(self, trigger: Trigger, adw_id: str, program: Program, client: Subscriber) -> None:
        name = trigger.data.workflow_type
        answer = _answer("accepted", adw_id, name, f"ADW {name} triggered successfully")
        launch = await self._new_launch(trigger, adw_id, program, launcher.new_token(), answer.model_dump())
        launch = replace(launch, state=LaunchState.QUEUED)
        cleared = await self._clear_replaced(trigger, adw_id)
        self._tell(client, trigger, adw_id, "started", f"Starting {name} workflow with ID {adw_id}{cleared}")
        await self._ledger.save(launch)
        self._line.add(launch)
        place, active = len(self._line), self._supervisor.active
        text = f"Waiting for a free place: {active} runs are active, place {place}"
        self._tell(client, trigger, adw_id, "in_progress", text, f"Waiting at the service, place {place}")
        _send(client, TriggerResponse(data=answer), trigger.request_id)

    async def _start(self, trigger: Trigger, adw_id: str, program: Program, client: Subscriber) -> str:
        name = trigger.data.workflow_type
        answer = _answer("accepted", adw_id, name, f"ADW {name} triggered successfully")
        token = launcher.new_token()
        launch = await self._new_launch(trigger, adw_id, program, token, answer.model_dump())
        cleared = await self._clear_replaced(trigger, adw_id)
        self._tell(client, trigger, adw_id, "started", f"Starting {name} workflow with ID {adw_id}{cleared}")
        try:
            run = await self._supervisor.start(launch, program, token)
        except (OSError, ValueError) as error:  # ValueError: what no environment variable can hold
            await self._refuse(trigger, launch, f"Failed to start workflow: {error}", client)
            return ERROR
        self.started += 1
        self._tell(client, trigger, adw_id, "in_progress", f"Workflow {name} is running in background")
        _send(client, TriggerResponse(data=answer), trigger.request_id)
        run.opened.set()
        return ""

    async def _clear_replaced(self, trigger: Trigger, adw_id: str) -> str:
        """Remove what the run has left that this one takes the place of, in words for the client."""
        old = restarting.replaced_by(trigger.data, adw_id)
        if old is None:
            return ""
        if old in self._aside:
            return f" ({self._obstacle(old)} already)"
        # Nothing is started in our turn, so that it need not be set aside.
        removed = await restarting.clear(self._config, self._ledger, old)
        return f" (in place of run {old}: {removed.words})"

    async def announce(self, ticket: TicketData, client: Subscriber) -> None:
        """Remove what the run has left that a card says it gives up; its answer comes after that."""
        old = restarting.replaced_with(ticket)
        if old is None:
            return
        try:
            words = await self._clear_given_up(old)
        except Exception as error:  # noqa: BLE001 - the root of a task; the client gets an answer in any case
            _log.exception("run %s could not be cleared up after", old)
            words = f"nothing removed; {type(error).__name__}"
        data = StatusUpdateData(
            adw_id=old,
            workflow_name="restart_cleanup",
            status="completed",
            message=f"Cleaned up after run {old}: {words}",
            timestamp=format_time(self._clock()),
        )
        _send(client, StatusUpdate(data=data), None)

    async def _clear_given_up(self, adw_id: str) -> str:
        await self._settle(adw_id)
        async with self.set_aside(adw_id) as is_free:
            if not is_free:
                return f"nothing removed; run {adw_id} is active, or what it has left is being removed already"
            return (await restarting.clear(self._config, self._ledger, adw_id)).words

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
            current_stage=previous.current_stage if previous else None,
            branch=previous.branch if previous else None,
            worktree=previous.worktree if previous else None,
            demo=program.demo,
        )

    def _tell(  # noqa: PLR0917 - all of them are the message
        self, client: Subscriber, trigger: Trigger, adw_id: str, status: str, text: str, step: str | None = None
    ) -> None:
        data = StatusUpdateData(
            adw_id=adw_id,
            workflow_name=trigger.data.workflow_type,
            status=status,
            message=text,
            timestamp=format_time(self._clock()),
            current_step=step,
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
