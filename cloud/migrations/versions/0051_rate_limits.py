"""Tries of sign-ins and codes, counted for all processes together."""

from alembic import op

revision = "0051"
down_revision = "0042"


def upgrade() -> None:
    # what a crash of the server loses is a count of minutes: not worth its writing to the disk
    op.execute("""
        CREATE UNLOGGED TABLE rate_limit (
            key bytea NOT NULL CONSTRAINT pk_rate_limit PRIMARY KEY,
            hits integer NOT NULL,
            expires_at timestamptz NOT NULL
        )
    """)
    op.create_index("ix_rate_limit_expires_at", "rate_limit", ["expires_at"])
    op.execute("ALTER TABLE rate_limit ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE rate_limit FORCE ROW LEVEL SECURITY")
    # it is counted before anybody is known, and its keys tell nothing
    op.execute("""
        CREATE POLICY counting ON rate_limit TO shopbell_app, shopbell_jobs
        USING (true) WITH CHECK (true)
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limit TO shopbell_app")
    op.execute("GRANT SELECT, DELETE ON rate_limit TO shopbell_jobs")


def downgrade() -> None:
    op.drop_table("rate_limit")
