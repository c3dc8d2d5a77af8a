"""The local React components that show how the connection and the board are."""

import reflex as rx

from kanban_app.web.components.assets import INDICATOR, INDICATOR_SETTING, NOTICES, SAID, STATUS


class ConnectionIndicator(rx.Component):
    """The button in the header that says how the connection stands; it opens the popover with the id `target`."""

    library = INDICATOR
    tag = "ConnectionIndicator"

    state: rx.Var[str]
    label: rx.Var[str]
    grade: rx.Var[str]
    grade_label: rx.Var[str]
    waiting: rx.Var[int]
    target: rx.Var[str]


class SaidChanges(rx.Component):
    """Shows nothing; tells screen readers of changes of `text` once it is `known`."""

    library = SAID
    tag = "SaidChanges"

    text: rx.Var[str]
    known: rx.Var[bool]


class GradeSaid(rx.Component):
    """The grade, and while the popover around it is open its worst reason, which is left out when `brief`."""

    library = SAID
    tag = "GradeSaid"

    grade: rx.Var[str]
    label: rx.Var[str]
    brief: rx.Var[bool]


class HealthNotices(rx.Component):
    """The lines that the board's page has below its header, for the pages beside it."""

    library = NOTICES
    tag = "HealthNotices"


class IndicatorSetting(rx.Component):
    """How much the indicator shows in this browser."""

    library = INDICATOR_SETTING
    tag = "IndicatorSetting"


class StatusView(rx.Component):
    """Grade, alerts, charts, figures and events, asked for over HTTP while the page is in view."""

    library = STATUS
    tag = "StatusView"

    on_retry: rx.EventHandler[rx.event.no_args_event_spec]
    on_connect: rx.EventHandler[rx.event.no_args_event_spec]
    on_disconnect: rx.EventHandler[rx.event.no_args_event_spec]
