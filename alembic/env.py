"""Run by alembic: on the connection that the application hands over, or on one of its own for developers."""

from typing import Any, Literal

import sqlalchemy as sa

from alembic import context
from kanban_app.store.migrate import migration_engine
from kanban_app.store.tables import METADATA, is_ours


def render_item(type_: str, obj: Any, _: Any) -> str | Literal[False]:
    """Migrations name SQLAlchemy's own types only, so that they mean the same whatever becomes of ours."""
    if type_ == "type" and isinstance(obj, sa.types.TypeDecorator):
        return f"sa.{obj.impl_instance!r}"
    return False


def include_name(name: str | None, type_: str, _: Any) -> bool:
    return type_ != "table" or is_ours(name or "")


def migrate(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render_item,
        include_name=include_name,
        # Alembic does not believe that SQLite can roll back DDL; with an explicit BEGIN it does.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    given: sa.Connection | None = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    engine = migration_engine(context.config.get_main_option("sqlalchemy.url") or "")
    try:
        with engine.begin() as connection:
            migrate(connection)
    finally:
        engine.dispose()


main()
