"""Who did what, kept by the database itself: nothing of it is changed, and only what is old is removed."""

from typing import Final

import sqlalchemy as sa

from alembic import op

revision: Final = "0014"
down_revision: Final = "0013"
branch_labels: Final = None
depends_on: Final = None

_TRIGGERS: Final = (
    """
    CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN
        SELECT raise(ABORT, 'the audit log is append-only');
    END
    """,
    """
    CREATE TRIGGER audit_keeps_the_young BEFORE DELETE ON audit
    WHEN old.seq > coalesce((SELECT seq FROM audit_floor WHERE id = 1), 0)
    BEGIN
        SELECT raise(ABORT, 'the audit log is append-only');
    END
    """,
    # INSERT OR REPLACE would remove a row without asking the trigger above.
    """
    CREATE TRIGGER audit_only_appends BEFORE INSERT ON audit
    WHEN new.seq > 0 AND new.seq <= (SELECT coalesce(max(seq), 0) FROM audit)
    BEGIN
        SELECT raise(ABORT, 'the audit log is append-only');
    END
    """,
    """
    CREATE TRIGGER audit_floor_stays_one BEFORE INSERT ON audit_floor BEGIN
        SELECT raise(ABORT, 'the audit log has one floor');
    END
    """,
    """
    CREATE TRIGGER audit_floor_stays BEFORE DELETE ON audit_floor BEGIN
        SELECT raise(ABORT, 'the audit log has one floor');
    END
    """,
    """
    CREATE TRIGGER audit_floor_rises_slowly BEFORE UPDATE ON audit_floor
    WHEN new.id <> old.id OR new.seq < old.seq OR EXISTS (
        SELECT 1 FROM audit WHERE seq <= new.seq AND at > datetime('now', '-30 days')
    )
    BEGIN
        SELECT raise(ABORT, 'entries of the last 30 days stay');
    END
    """,
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_audit_project_id_project")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    floor = op.create_table(
        "audit_floor",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_audit_floor_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_floor")),
    )
    op.bulk_insert(floor, [{"project_id": "default", "id": 1, "seq": 0}])
    for trigger in _TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("audit_floor")
    op.drop_table("audit")
