"""The tables and functions of procrastinate, the job queue."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0003"
down_revision = "0002"

# the API enqueues in the transaction that needs the job, the worker runs it
ROLES = "shopbell_app, shopbell_jobs"
TABLES = (
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
)


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO {ROLES}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLES}")


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(TABLES)} CASCADE")
    op.execute("""
        DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'procrastinate%'
            LOOP EXECUTE 'DROP ROUTINE ' || name || ' CASCADE'; END LOOP;
            FOR name IN SELECT oid::regtype FROM pg_type
                WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c')
            LOOP EXECUTE 'DROP TYPE ' || name || ' CASCADE'; END LOOP;
        END $$
    """)
