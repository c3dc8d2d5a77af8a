"""What a log line is known by when a service tells it again."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.add_column("run_log", sa.Column("source_key", sa.String(), nullable=True))
    op.create_index(
        op.f("ix_run_log_adw_id_source_key"),
        "run_log",
        ["adw_id", "source_key"],
        unique=True,
        sqlite_where=sa.text("source_key IS NOT NULL"),
    )
