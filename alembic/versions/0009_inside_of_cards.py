"""What attempts have cost and who asked for them; the events of one card are found without a look at all."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None

_AUTHORS: Final = """
    UPDATE attempt SET author = coalesce((
        SELECT event.author FROM event
        WHERE event.task_id = attempt.task_id AND event.kind = 'attempt.opened' AND event.attempt_id = attempt.id
        LIMIT 1
    ), '')
"""


def upgrade() -> None:
    op.add_column("attempt", sa.Column("spent", sa.Text(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("attempt", sa.Column("author", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(op.f("ix_event_task_id_seq"), "event", ["task_id", "seq"])
    op.execute(_AUTHORS)
