"""A shop that is closed is deleted by the nightly job, once its time is over and not before."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0063"


def upgrade() -> None:
    op.add_column("shop", sa.Column("delete_at", sa.DateTime(timezone=True)))
    op.execute("GRANT DELETE ON shop TO shopbell_jobs")
    op.execute("""
        CREATE POLICY due ON shop AS RESTRICTIVE FOR DELETE TO shopbell_jobs
        USING (delete_at <= now())
    """)


def downgrade() -> None:
    op.execute("DROP POLICY due ON shop")
    op.execute("REVOKE DELETE ON shop FROM shopbell_jobs")
    op.drop_column("shop", "delete_at")
