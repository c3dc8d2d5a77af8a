"""Requests as an OpenAPI document describes them, and as it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import strategies as st

Schema = Mapping[str, Any]

TEXTS: Final = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "..", "../../etc/passwd", "\x00", "<script>alert(1)</script>", "' OR 1=1 --", "x" * 5000, "\u202e"]
    ),
)
JUNK: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
# Now and then something else than what is asked for.
_ODD: Final = 6


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    has_body: bool = False


@dataclass(frozen=True)
class Document:
    """An OpenAPI document."""

    root: Mapping[str, Any]

    def operations(self) -> list[tuple[str, str]]:
        return sorted((method, path) for path, entry in self.root["paths"].items() for method in entry)

    def calls(self, method: str, path: str, ids: list[str]) -> st.SearchStrategy[Call]:
        """Calls of an operation; `ids` are some that exist."""
        operation = self.root["paths"][path][method]
        parameters = operation.get("parameters", [])
        here = [entry for entry in parameters if entry["in"] == "path"]
        asked = [entry for entry in parameters if entry["in"] == "query"]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        body = self.values(content["schema"]) if content else st.none()
        return st.builds(
            lambda places, query, sent: Call(method.upper(), path.format(**places), query, sent, content is not None),
            st.fixed_dictionaries({entry["name"]: st.one_of(st.sampled_from(ids), _segments) for entry in here}),
            st.fixed_dictionaries(
                {}, optional={entry["name"]: self.values(entry["schema"]).map(_as_query) for entry in asked}
            ),
            body,
        )

    def values(self, schema: Schema) -> st.SearchStrategy[Any]:
        return st.integers(0, _ODD).flatmap(lambda odd: JUNK if odd == _ODD else self._fitting(schema))

    def _fitting(self, schema: Schema) -> st.SearchStrategy[Any]:
        match schema:
            case {"$ref": str() as name}:
                found: Any = self.root
                for part in name.removeprefix("#/").split("/"):
                    found = found[part]
                return self._fitting(found)
            case {"enum": list() as choices}:
                return st.sampled_from(choices)
            case {"const": value}:
                return st.just(value)
            case {"anyOf": list() as choices}:
                return st.one_of([self._fitting(choice) for choice in choices])
            case {"type": "object", "properties": dict() as fields}:
                needed = set(schema.get("required", ()))
                return st.fixed_dictionaries(
                    {name: self.values(entry) for name, entry in fields.items() if name in needed},
                    optional={name: self.values(entry) for name, entry in fields.items() if name not in needed},
                )
            case {"type": "array"}:
                return st.lists(self.values(schema.get("items", {})), max_size=4)
            case _:
                return _plain(schema)


def _plain(schema: Schema) -> st.SearchStrategy[Any]:
    known = {
        "integer": st.integers(schema.get("minimum", -5), schema.get("maximum", 10**6)),
        "boolean": st.booleans(),
        "string": TEXTS,
        "null": st.none(),
    }
    return known.get(schema.get("type", ""), JUNK)


_segments: Final = st.sampled_from(["..", "%2e%2e", "%2fetc%2fpasswd", "%00", "nobody", "0a1b2c3d", "x" * 300, "%ff"])


def _as_query(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()[:500]
