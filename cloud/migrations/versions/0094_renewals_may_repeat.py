"""A renewal whose answer was lost may be repeated for seconds, and not only once."""

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0093"


def upgrade() -> None:
    op.drop_column("refresh_token", "repeated_at")


def downgrade() -> None:
    op.add_column(
        "refresh_token", sa.Column("repeated_at", sa.DateTime(timezone=True), nullable=True)
    )
