"""What lets old lines and events go: an index of logs whose documents can be found by their numbers, and what was
removed of a card's events.

The index is made anew by the program, step by step, once it runs: until then logs are searched line by line.
"""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0013"
down_revision: Final = "0011"
branch_labels: Final = None
depends_on: Final = None

_SMALL_STEPS: Final = "INSERT INTO search_log_text (search_log_text, rank) VALUES ('automerge', 0), ('crisismerge', 64)"


def upgrade() -> None:
    op.create_table(
        "removed_events",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_removed_events_project_id_project")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_removed_events")),
    )
    # With the sizes of its documents it also has their numbers: without these, none can be taken out of it.
    _make_index("content='', detail='none'")


def downgrade() -> None:
    _make_index("content='', columnsize=0, detail='none'")
    op.drop_table("removed_events")


def _make_index(options: str) -> None:
    op.execute("DROP TABLE search_log_text")
    op.execute(f"CREATE VIRTUAL TABLE search_log_text USING fts5(text, {options})")
    op.execute(_SMALL_STEPS)
    op.execute("UPDATE search_run SET indexed = 0")
