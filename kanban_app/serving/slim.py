"""Makes the built client light: what no page uses is left out, and what need not be there first comes later."""

import re
from pathlib import Path
from typing import Final

_CLIENT: Final = Path(__file__).parent / "client"
_FOLDER: Final = "kanban"
_PLUGINS: Final = "  plugins: [\n"
_PLUGIN_NAME: Final = "kanban-stand-ins"
_PLUGIN: Final = f"""    {{
      name: "{_PLUGIN_NAME}",
      enforce: "pre",
      resolveId(source) {{
        const names = {{ "@emotion/react": "emotion", "universal-cookie": "cookies" }};
        if (!Object.hasOwn(names, source)) return null;
        return fileURLToPath(new URL(`./{_FOLDER}/${{names[source]}}.js`, import.meta.url));
      }},
      load(id) {{
        // The page's socket is a WebSocket and nothing else.
        if (!id.endsWith("/engine.io-client/build/esm/transports/index.js")) return null;
        return 'import {{ WS }} from "./websocket.node.js"; export const transports = {{ websocket: WS }};';
      }},
    }},
"""
_GROUPS: Final = """              test: /env.json/,
              name: "reflex-env",
            },
"""
# What every page needs is one file, and what several parts of the board need another: a request of its own costs a
# small file more than its bytes. What the first sight of the board does without stays by itself.
_BY_THEMSELVES: Final = "ansi|connection_said|fetched|health|image|live_so|log|mark|merge|pict|sett|upl"
_OWN_GROUPS: Final = rf"""            {{
              name: "base",
              test: /\/node_modules\/|\/\.web\/(utils|{_FOLDER})\//,
              minShareCount: 2,
            }},
            {{
              name: "shared",
              test: /preload-helper|\/external\/kanban_app\/(?!.*\/({_BY_THEMSELVES})[a-z_]*\.jsx?$)/,
              minShareCount: 2,
            }},
"""
# For components that a server sends as text and the page compiles; the app has none. It would keep every part of
# Reflex's runtime in the client, used or not.
_FOR_SENT_COMPONENTS: Final = re.compile(
    r"  useEffect\(\(\) => \{[^}]*window\.__reflex = \{.*?\};\s*\}, \[\]\);\n", re.DOTALL
)
_FONTS: Final = f'import "$/{_FOLDER}/fonts.js";\n'
_BOARD: Final = "board-*.js"
_IMPORT: Final = re.compile(r"""\b(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")


class NotSlimmableError(Exception):
    """What Reflex generates does not look as expected."""


def own_files(web_dir: Path) -> list[tuple[str, str]]:
    """Files for the folder in which the client is built."""
    return [(str(web_dir / _FOLDER / file.name), file.read_text()) for file in sorted(_CLIENT.glob("*.js"))]


def with_stand_ins(vite_config: str) -> str:
    """Vite's configuration with stand-ins taken instead of some packages. It may have them already."""
    if _PLUGIN_NAME in vite_config:
        return vite_config
    if vite_config.count(_PLUGINS) != 1 or vite_config.count(_GROUPS) != 1:
        raise NotSlimmableError("vite.config.js has another form: where does Reflex keep plugins and groups now?")
    return vite_config.replace(_PLUGINS, _PLUGINS + _PLUGIN).replace(_GROUPS, _GROUPS + _OWN_GROUPS)


def without_sent_components(root_jsx: str) -> str:
    """`root.jsx` without the globals for components that come as text."""
    return _FOR_SENT_COMPONENTS.sub("", root_jsx)


def with_late_fonts(entry: str) -> str:
    """The client's entry that fetches the fonts in the end. It may do so already."""
    return entry if entry.startswith(_FONTS) else _FONTS + entry


def announce_board(static_dir: Path) -> None:
    """Let the board's page fetch the board's own code before the page's code asks for it. Run it before compression."""
    page = static_dir / "index.html"
    chunks = list((static_dir / "assets").glob(_BOARD))
    if len(chunks) != 1 or not page.exists():
        raise NotSlimmableError(f"no single {_BOARD} beside an index.html in {static_dir}: where is the board's code?")
    text = page.read_text()
    names = [chunks[0].name, *_IMPORT.findall(chunks[0].read_text())]
    links = (
        f'<link rel="modulepreload" fetchpriority="low" href="/assets/{name}"/>' for name in names if name not in text
    )
    page.write_text(text.replace("</head>", f"{''.join(links)}</head>", 1))
