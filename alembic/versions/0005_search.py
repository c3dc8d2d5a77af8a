"""What is searched: the texts of cards, kept by triggers in the transaction of their rows, and the lines of logs.

Cards are indexed here; the lines that are there already by the program, step by step, once it runs.
"""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None

# As people would look for them: numbers begin with "#".
_TEXT: Final = """
    {0}.title || char(10) || {0}.description || char(10) || '#' || {0}.number || char(10)
    || coalesce((SELECT group_concat(value, char(10)) FROM json_each({0}.labels)), '') || char(10)
    || coalesce('#' || {0}.issue_number, '')
"""

_EXISTING: Final = """
    INSERT INTO search_card_text (rowid, text)
    SELECT search_card.key, {0} FROM task JOIN search_card ON search_card.task_id = task.id
"""
_ADDED: Final = """
    CREATE TRIGGER search_card_added AFTER INSERT ON task BEGIN
        INSERT INTO search_card (project_id, task_id) VALUES (new.project_id, new.id);
        INSERT INTO search_card_text (rowid, text) SELECT key, {0} FROM search_card WHERE task_id = new.id;
    END
"""
_CHANGED: Final = """
    CREATE TRIGGER search_card_changed AFTER UPDATE OF title, description, labels, issue_number ON task
    WHEN old.title IS NOT new.title OR old.description IS NOT new.description OR old.labels IS NOT new.labels
        OR old.issue_number IS NOT new.issue_number
    BEGIN
        UPDATE search_card_text SET text = {0}
            WHERE rowid = (SELECT key FROM search_card WHERE task_id = new.id);
    END
"""


def upgrade() -> None:
    op.create_table(
        "search_card",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_search_card_project_id_project")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_search_card")),
        sa.UniqueConstraint("task_id", name=op.f("uq_search_card_task_id")),
    )
    op.create_table(
        "search_run",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("adw_id", sa.String(), nullable=False),
        sa.Column("indexed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_search_run_project_id_project")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_search_run")),
        sa.UniqueConstraint("adw_id", name=op.f("uq_search_run_adw_id")),
    )
    op.execute("CREATE VIRTUAL TABLE search_card_text USING fts5(text, tokenize='trigram')")
    op.execute("CREATE VIRTUAL TABLE search_log_text USING fts5(text, content='', columnsize=0, detail='none')")
    # Merging goes by small steps of `store/searching.py` instead: merges of SQLite's own can hold the lock for long.
    op.execute("INSERT INTO search_log_text (search_log_text, rank) VALUES ('automerge', 0), ('crisismerge', 64)")
    op.execute(_ADDED.format(_TEXT.format("new")))
    op.execute(_CHANGED.format(_TEXT.format("new")))
    op.execute("INSERT INTO search_card (project_id, task_id) SELECT project_id, id FROM task ORDER BY number")
    op.execute(_EXISTING.format(_TEXT.format("task")))
