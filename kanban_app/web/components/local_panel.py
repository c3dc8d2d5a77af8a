"""The local React components of the open card's panel, and what they take."""

import reflex as rx

from kanban_app.web.components.assets import HISTORY, LOG, PANEL, TABS, WORK


class CardPanel(rx.Component):
    """The panel beside the board, open while the URL names a card. An element with `data-close-panel` closes it.

    `missing` is the id of a card that is not there, `tab` the tab that is shown, and `attempt` the one that was chosen
    instead of the newest.
    """

    library = PANEL
    tag = "CardPanel"

    card_id: rx.Var[str]
    missing: rx.Var[str]
    tab: rx.Var[str]
    attempt: rx.Var[str]
    label: rx.Var[str]


class Tabs(rx.Component):
    """The tabs of the open card, of which `tab` is shown."""

    library = TABS
    tag = "Tabs"

    tab: rx.Var[str]


class LogView(rx.Component):
    """The log of a run, over the live lane; of no run when `run` is empty. With `begin` it is read from then on."""

    library = LOG
    tag = "LogView"

    run: rx.Var[str]
    begin: rx.Var[int | None]


class AgentView(rx.Component):
    """What the agents of a run do, over the live lane; of no run when `run` is empty."""

    library = LOG
    tag = "AgentView"

    run: rx.Var[str]


class CardHistory(rx.Component):
    """What has happened to a card, read from the API, and again whenever `news` changes."""

    library = HISTORY
    tag = "CardHistory"

    card: rx.Var[str]
    news: rx.Var[int]


class PlanView(rx.Component):
    """The plan of a run, of no run when `run` is empty; asked for anew whenever `edition` changes."""

    library = WORK
    tag = "PlanView"

    run: rx.Var[str]
    edition: rx.Var[str]


class ChangesView(rx.Component):
    """What a run has changed, of no run when `run` is empty; whoever looks is told when `pulse` changes.

    `link` is the state of the connection.
    """

    library = WORK
    tag = "ChangesView"

    run: rx.Var[str]
    pulse: rx.Var[str]
    link: rx.Var[str]
