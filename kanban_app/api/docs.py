"""The browsable documentation: Swagger UI, from files that a package brings; nothing is loaded from elsewhere."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

router = APIRouter(prefix="/api/docs", include_in_schema=False)

_STATIC: Final = Path(str(files("fastapi_offline"))) / "static"
# No script stands in the page itself, so that it works under a strict content security policy.
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Agentic Kanban API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script type="module" src="docs/start.js"></script>
</body>
</html>
"""
# Of the project whose address it was opened at, also for what is tried out.
_START: Final = """const base = location.pathname.replace(/\\/api\\/docs$/, "");
const answer = await fetch("openapi.json");
SwaggerUIBundle({
  spec: { ...(await answer.json()), servers: [{ url: base || "/" }] },
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""


@router.get("")
async def page() -> HTMLResponse:
    return HTMLResponse(_PAGE)


@router.get("/start.js")
async def start() -> Response:
    return Response(_START, media_type="text/javascript")


@router.get("/swagger-ui-bundle.js")
async def bundle() -> FileResponse:
    return FileResponse(_STATIC / "swagger-ui-bundle.js", media_type="text/javascript")


@router.get("/swagger-ui.css")
async def style() -> FileResponse:
    return FileResponse(_STATIC / "swagger-ui.css", media_type="text/css")
