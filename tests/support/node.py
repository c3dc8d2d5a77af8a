"""The Node that also builds the client, as one long-lived process that answers a line of JSON for each it is given."""

import json
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from kanban_app.web import components

COMPONENTS: Final = Path(str(components.__file__)).parent
NODE: Final = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

# Calls `m[name](...args)`. Among the arguments `{"$": n}` is the n-th kept result, with `name` a property of it,
# `{"$m": name}` something of the module, and `{"$map": entries}` a map. `keep` keeps the result and gives its number.
_DRIVER: Final = """
import { createInterface } from "node:readline";
const m = await import(process.argv[1]);
const kept = [];
const real = (value) => {
  if (value === null || typeof value !== "object") return value;
  if ("$" in value) return value.name ? kept[value.$][value.name] : kept[value.$];
  if ("$m" in value) return m[value.$m];
  if ("$map" in value) return new Map(value.$map.map(([key, entry]) => [key, real(entry)]));
  return Array.isArray(value) ? value.map(real) : mapped(value, real);
};
for await (const line of createInterface({ input: process.stdin })) {
  const { name, args, keep } = JSON.parse(line);
  let answer;
  try {
    const made = typeof m[name] === "function" ? m[name](...args.map(real)) : m[name];
    answer = { value: keep ? kept.push(made) - 1 : plain(made) };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  console.log(JSON.stringify(answer));
}
function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
function plain(value) {
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (value instanceof Set) return [...value].map(plain);
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value && typeof value === "object") return mapped(value, plain);
  return value ?? null;
}
"""


class Kept(dict[str, int]):
    """A value that stays in Node; given back to it as an argument."""


class JsModule:
    """The functions of one JavaScript module."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def call(self, name: str, *args: Any) -> Any:
        """The result of a function, or the value of a constant, as JSON has it; maps become objects."""
        return self._ask(name, args, keep=False)

    def keep(self, name: str, *args: Any) -> Kept:
        """The same, but the result stays in Node."""
        return Kept({"$": self._ask(name, args, keep=True)})

    def _ask(self, name: str, args: tuple[Any, ...], *, keep: bool) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"name": name, "args": args, "keep": keep}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]


@contextmanager
def js_module(name: str, folder: Path) -> Generator[JsModule]:
    """A module of `kanban_app/web/components`; `folder` is for a copy of them that Node takes for modules."""
    assert NODE, "needs Node"
    for file in COMPONENTS.glob("*.js"):
        shutil.copy(file, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    process = subprocess.Popen(
        [NODE, "--input-type=module", "-e", _DRIVER, (folder / name).as_uri()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield JsModule(process)
    finally:
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.wait(20)
        process.stdout.close()
