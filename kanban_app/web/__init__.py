"""The screen: Reflex states, components and pages. Nothing durable lives here.

The composition root makes `rx.App(**app_options())`, calls `pages.add_pages(app)` and hands the services over with
`wiring.connect(services)` once they run.
"""

from kanban_app.web.options import app_options

__all__ = ["app_options"]
