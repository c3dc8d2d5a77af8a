"""Code of the page in Node, by a script of its own, in a world whose time stands still until the script moves it on."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from tests.support.node import COMPONENTS, NODE

_WORLD: Final = """
{
let now = 0;
let timers = [];
let count = 0;
globalThis.setTimeout = (call, wait = 0) => (timers.push({ id: ++count, at: now + wait, call }), count);
globalThis.clearTimeout = (id) => void (timers = timers.filter((timer) => timer.id !== id));
globalThis.settled = () => new Promise(setImmediate);
globalThis.pass = async (ms) => {
  const end = now + ms;
  for (;;) {
    await settled();
    timers.sort((a, b) => a.at - b.at || a.id - b.id);
    if (!(timers[0]?.at <= end)) break;
    const timer = timers.shift();
    now = timer.at;
    timer.call();
  }
  now = end;
};
globalThis.window = new EventTarget();
globalThis.location = { pathname: "/" };
globalThis.document = Object.assign(new EventTarget(), { hidden: false, querySelector: () => null });
}
"""
# What a component would be rendered with: the store itself.
_REACT: Final = "export const useSyncExternalStore = (subscribe, now) => ({ subscribe, now });"


def told(folder: Path, script: str) -> Any:
    """What `script` gives to its `tell(value)`, once. It has `m(name)`, a promise of a module of the components, and
    `pass(ms)`, `settled()`, `window` and `document`. `folder` is for a copy of the components.
    """
    assert NODE, "needs Node"
    for file in COMPONENTS.glob("*.js"):
        shutil.copy(file, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    react = folder / "node_modules" / "react"
    react.mkdir(parents=True)
    (react / "package.json").write_text('{"type": "module", "main": "index.js"}')
    (react / "index.js").write_text(_REACT)
    tools = f"const m = (name) => import({json.dumps(folder.as_uri())} + '/' + name);\nlet answer = null;\n"
    tools += "const tell = (value) => void (answer = value);\n"
    code = f"{_WORLD}{tools}{script}\nconsole.log(JSON.stringify(answer));\nprocess.exit(0);"
    order = [NODE, "--input-type=module", "-e", code]
    done = subprocess.run(order, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
