"""How many cards the columns may hold."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Author, Running, carry_out
from kanban_app.api.bodies import Limit
from kanban_app.api.shapes import Json
from kanban_app.domain.commands import LimitColumn
from kanban_app.domain.stages import Column
from kanban_app.errors import BoardError

router = APIRouter(prefix="/api/v1/columns", tags=["board"], responses=ERRORS)


def _column(name: str) -> str:
    if name not in {column.value for column in Column}:
        raise BoardError("E-SYS-3", {"what": "This column"})
    return name


ColumnId = Annotated[str, Path(), AfterValidator(_column)]


@router.get("/{column}/limit")
async def read(services: Running, column: ColumnId) -> Json:
    return shapes.column(services, column)


@router.put("/{column}/limit")
async def limit(services: Running, author: Author, column: ColumnId, body: Limit) -> Json:
    """A new limit holds for what people bring from now on; cards that are there stay, and services are not held up."""
    await carry_out(services, LimitColumn(Column(column), body.limit), author, body.op_id)
    return shapes.column(services, column)
