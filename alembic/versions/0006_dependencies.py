"""When cards are due, which wait for which, starts that wait no more, and templates for new cards."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.add_column("task", sa.Column("due_on", sa.String(), nullable=True))
    op.add_column("task", sa.Column("blocked_by", sa.Text(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("attempt", sa.Column("unbound", sa.Boolean(), nullable=False, server_default=sa.text("0")))
    op.create_table(
        "template",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("stages", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("model_set", sa.Text(), nullable=False),
        sa.Column("stage_models", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_template_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
    )
    op.create_index(op.f("ix_template_project_id"), "template", ["project_id"])
