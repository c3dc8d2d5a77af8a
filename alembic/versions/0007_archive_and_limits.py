"""Since when cards are in the archive, who put them there or in the bin, and how many cards a column may hold."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.add_column("task", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("removed_by", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "column_limit",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_column_limit_project_id_project")),
        sa.PrimaryKeyConstraint("project_id", "column", name=op.f("pk_column_limit")),
    )
