"""The API tokens in the settings: which there are, a new one, and one that is taken away."""

import asyncio
from datetime import datetime
from typing import Any, Final, TypedDict

import reflex as rx

from kanban_app.domain.access import ApiToken, Scope, as_written
from kanban_app.domain.audit import Action, Target
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.acting import done
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import guarded
from kanban_app.web.states.editions import next_edition
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.wiring import services

FIELD: Final = "token-scope-"


class TokenRow(TypedDict):
    """One token as the page shows it; times in milliseconds, 0 for never."""

    id: str
    name: str
    scopes: str
    created_at: int
    last_used_at: int


class TokensState(rx.State):
    """`secret` is a new token, `named` its name and `made` the operation that it came of: the page which has begun that
    keeps it until its person has it. `asking` is the token of which it is asked whether it shall be revoked. Of a board
    without sign-in nothing is `offered`. `edition` changes when the form is filled anew, `answered` is the operation
    that was carried out or refused last, for the reason `refusal`; `trouble` is about what is done with a token.
    """

    offered: bool = False
    rows: rx.Field[list[TokenRow]] = rx.field(default_factory=list)
    edition: rx.Field[int] = rx.field(0)
    answered: str = ""
    secret: str = ""
    named: str = ""
    made: str = ""
    asking: str = ""
    refusal: ErrorView = NO_ERROR
    trouble: ErrorView = NO_ERROR

    @rx.event
    async def load(self):
        """Fill the list. Only for `on_load`."""
        self.secret, self.named, self.asking, self.trouble = "", "", "", NO_ERROR
        self.offered = services().tokens is not None
        self.edition = next_edition()
        await self.show()

    @rx.event
    async def create(self, form: dict[str, Any]):
        """Make a token; a refusal leaves the form as it is. One that comes again makes no second one."""

        async def work() -> None:
            fields = arguments.form(form)
            op_id = arguments.ident(fields.get("op_id"), "op_id")
            if op_id == self.made:
                return
            name = arguments.text(fields.get("token-name"), "name")
            scopes = [scope.value for scope in Scope if fields.get(FIELD + scope.value)]
            token, secret = await asyncio.to_thread(tokens().create, name, scopes)
            self.secret, self.named, self.made = secret, token.name, op_id
            self.edition = next_edition()
            record(Action.TOKEN_CREATED, token)

        self.asking, self.trouble = "", NO_ERROR
        self.refusal = await self.done(work)
        self.answered = arguments.answered(form)

    @rx.event
    async def ask(self, token_id: str):
        """Ask whether a token shall be revoked; an empty one stands for no."""
        known = {row["id"] for row in self.rows}
        self.asking = token_id if isinstance(token_id, str) and token_id in known else ""

    @rx.event
    async def revoke(self, token_id: str):
        async def work() -> None:
            token = await asyncio.to_thread(tokens().revoke, arguments.ident(token_id, "token"))
            if token is not None:
                record(Action.TOKEN_REVOKED, token)

        self.asking, self.refusal = "", NO_ERROR
        self.trouble = await self.done(work)

    @rx.event
    def forget(self):
        """The person has the new token."""
        self.secret, self.named = "", ""

    @not_an_event
    async def done(self, work: Any) -> ErrorView:
        async def watched() -> None:
            await work()
            await self.show()

        return await guarded(watched) or NO_ERROR

    @not_an_event
    async def show(self) -> None:
        known = services().tokens
        self.rows = [row_of(token) for token in await asyncio.to_thread(known.all)] if known is not None else []


def tokens() -> ApiTokens:
    found = services().tokens
    if found is None:
        raise BoardError("E-VAL-21", {"faults": "This board asks nobody for a token."})
    return found


def record(action: Action, token: ApiToken) -> None:
    target = Target("token", token.id, token.name)
    services().audit.put(done(action, target, scopes=as_written(token.scopes)))


def row_of(token: ApiToken) -> TokenRow:
    return TokenRow(
        id=token.id,
        name=token.name,
        scopes=as_written(token.scopes),
        created_at=_ms(token.created_at),
        last_used_at=_ms(token.last_used_at) if token.last_used_at else 0,
    )


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
