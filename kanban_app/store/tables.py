"""The tables. Everything but `alembic/versions` is derived from here; a test holds the two together.

Texts that come from outside are of type `Text`, JSON columns of type `Json`: both survive what UTF-8 cannot express
(half a surrogate pair, as JSON from a service may contain it). Enumerations are stored by their value.
"""

import json
from datetime import datetime
from typing import Any, ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

DEFAULT_PROJECT: Final = "default"

type_Json = dict[str, Any]
