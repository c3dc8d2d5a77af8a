"""The images of a card, whose files are in the data folder."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.add_column("task", sa.Column("images", sa.Text(), nullable=False, server_default=sa.text("'[]'")))
