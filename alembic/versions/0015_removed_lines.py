"""What removed lines of logs were known by: a service that hands out whole logs tells them again."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0015"
down_revision: Final = "0014"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.create_table(
        "removed_line",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adw_id", sa.String(), nullable=False),
        sa.Column("source_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_removed_line_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removed_line")),
    )
    op.create_index(op.f("ix_removed_line_adw_id"), "removed_line", ["adw_id"])


def downgrade() -> None:
    op.drop_table("removed_line")
