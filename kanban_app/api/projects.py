"""The projects: which there are, and what is done with them. The same under every project's address."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter
from pydantic import Field

from kanban_app.api.access import ERRORS, AllProjects
from kanban_app.api.bodies import Body, Name, OpId, Text
from kanban_app.api.shapes import Json
from kanban_app.services.column_looks import Colour, ColumnLook

router = APIRouter(prefix="/api/v1/projects", tags=["projects"], responses=ERRORS)

_PATH_LIMIT: Final = 4096
ColourName = Literal["none", "grey", "blue", "teal", "green", "amber", "orange", "red", "violet"]


class NewProject(Body):
    """A board of its own: on the repository in a folder of this machine, or on a trigger service elsewhere.

    With neither it runs the demonstration.
    """

    title: Name
    repository: Annotated[Text, Field(max_length=_PATH_LIMIT)] = ""
    service: Annotated[Text, Field(max_length=_PATH_LIMIT)] = ""
    token: Annotated[Text, Field(max_length=_PATH_LIMIT)] = ""
    op_id: OpId | None = None


class Look(Body):
    """How a column is shown; an empty title is its own."""

    title: Name = ""
    colour: ColourName = "none"


class ProjectChanges(Body):
    """What is sent is changed. `columns` are by their ids."""

    title: Name | None = None
    archived: bool | None = None
    columns: dict[Name, Look] | None = None


@router.get("")
async def projects(known: AllProjects) -> Json:
    """All projects, the one used last first."""
    return {"projects": known.views()}


@router.post("", status_code=201)
async def create(known: AllProjects, body: NewProject) -> Json:
    """A new project. Its `state` is `open`, or `broken` with the reason where it cannot work."""
    view = await known.create(
        body.title, repository=body.repository, service=body.service, token=body.token, op_id=body.op_id or ""
    )
    return {**view}


@router.patch("/{project_id}")
async def change(known: AllProjects, project_id: str, body: ProjectChanges) -> Json:
    """Rename, archive or bring back, and say how columns are shown. `"archived": false` opens a broken one again."""
    view = known.view(project_id)
    if body.title is not None:
        view = await known.rename(project_id, body.title)
    if body.archived is not None:
        view = await (known.archive(project_id) if body.archived else known.open(project_id))
    if body.columns is not None:
        looks = {name: ColumnLook(look.title, Colour(look.colour)) for name, look in body.columns.items()}
        await known.running_services(project_id).columns.save(looks)
    return {**view}
