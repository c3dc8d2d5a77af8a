"""The sentences about values that settings cannot have."""

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from kanban_app.setting_names import variable

_REFUSED: Final = "refused"


def refused(sentence: str) -> PydanticCustomError:
    """To be raised where the field's description does not say what is wrong.

    `sentence` stands by itself when the settings are refused together, else it goes on after the variable's name.
    """
    return PydanticCustomError(_REFUSED, "{sentence}", {"sentence": sentence})


def refusal_of(error: ValidationError, settings: type[BaseModel]) -> str:
    """One sentence with all that is wrong."""
    return "; ".join(_parts(error, settings)) + "."


def end_of_sentence(error: ErrorDetails, settings: type[BaseModel]) -> str:
    """What is wrong with one value, after the name of its setting."""
    if error["type"] == _REFUSED:
        return error["msg"]
    return f"must be {settings.model_fields[str(error['loc'][0])].description}"


def _parts(error: ValidationError, settings: type[BaseModel]) -> Iterator[str]:
    for part in error.errors():
        if part["loc"]:
            yield f"{variable(str(part['loc'][0]))} {end_of_sentence(part, settings)}"
        else:
            yield part["msg"]
