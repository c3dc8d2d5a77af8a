"""A place of its own for every attempt that waits, and what is to be known of one that has not failed by it."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None

# Ranks that grow with the time of creation, with room between any two and before the first.
_IN_THE_OLD_ORDER: Final = """
    UPDATE attempt SET queue_rank = line.rank FROM (
        SELECT id, printf('%04di', row_number() OVER (PARTITION BY project_id ORDER BY created_at, id)) AS rank
        FROM attempt WHERE status IN ('held', 'queued', 'sending')
    ) AS line WHERE line.id = attempt.id
"""


def upgrade() -> None:
    op.add_column("attempt", sa.Column("queue_rank", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("attempt", sa.Column("notice", sa.Text(), nullable=True))
    op.execute(_IN_THE_OLD_ORDER)
