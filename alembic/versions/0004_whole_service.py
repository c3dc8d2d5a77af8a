"""What starts carry beside their stages, how far agents' files have been told, and what others write about runs."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.add_column("attempt", sa.Column("options", sa.Text(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("service_launch", sa.Column("timed_out", sa.Boolean(), nullable=False, server_default=sa.text("0")))
    op.create_table(
        "service_followed_file",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("adw_id", sa.String(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("adw_id", "path", name=op.f("pk_service_followed_file")),
    )
    op.create_table(
        "service_run_record",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("adw_id", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("adw_id", name=op.f("pk_service_run_record")),
    )
