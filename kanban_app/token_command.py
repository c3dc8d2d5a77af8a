"""What `python -m kanban_app token …` does. A running board takes every change at its next request."""

from collections.abc import Sequence

from kanban_app.config import Settings
from kanban_app.domain.access import as_written
from kanban_app.domain.audit import Action, Target
from kanban_app.errors import StartRefusal
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.serving.data_dir import rotate_token
from kanban_app.upkeep.recording import record


def rotate(settings: Settings) -> list[str]:
    """Another access token. Raises StartRefusal where the environment gives it."""
    if settings.token is not None:
        raise StartRefusal("KANBAN_TOKEN gives the access token: set another one there, and start the board anew.")
    token = rotate_token(settings.data_dir)
    record(settings, Action.TOKEN_ROTATED)
    return [
        f"The new access token: {token}",
        "Everybody has to sign in again, at once: open the board's address with ?token= and this token.",
        "API tokens stay as they are.",
    ]


def create(settings: Settings, name: str, scopes: Sequence[str]) -> list[str]:
    token, secret = ApiTokens(settings.data_dir).create(name, scopes)
    record(settings, Action.TOKEN_CREATED, Target("token", token.id, token.name), scopes=as_written(token.scopes))
    return [f"{token.name} ({token.id}, {as_written(token.scopes)}): {secret}", "It is not shown again."]


def revoke(settings: Settings, token_id: str) -> list[str]:
    token = ApiTokens(settings.data_dir).revoke(token_id)
    if token is None:
        raise StartRefusal(f"There is no API token {token_id}: see `python -m kanban_app token list`.")
    record(settings, Action.TOKEN_REVOKED, Target("token", token.id, token.name), scopes=as_written(token.scopes))
    return [f"{token.name} ({token.id}) opens nothing any more."]


def listed(settings: Settings) -> list[str]:
    tokens = ApiTokens(settings.data_dir).all()
    if not tokens:
        return ["There are no API tokens."]
    return [
        f"{token.id}  {token.created_at:%Y-%m-%d}  "
        f"last used {f'{token.last_used_at:%Y-%m-%d %H:%M}' if token.last_used_at else 'never':16}  "
        f"{as_written(token.scopes):16}  {token.name}"
        for token in tokens
    ]
