"""Recorded sequence numbers of each boot, rejected events by their number, counts since ever."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE

revision = "0010"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "device_boot",
        sa.Column("recorded", INT8MULTIRANGE(), nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column(
        "device_boot",
        sa.Column("oldest_sequence", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column("rejected_message", sa.Column("device_id", sa.Text(), nullable=True))
    op.add_column("rejected_message", sa.Column("boot", sa.BigInteger(), nullable=True))
    op.add_column("rejected_message", sa.Column("sequence", sa.Integer(), nullable=True))
    op.alter_column("site_state", "counted_since", nullable=True, server_default=None)
    op.create_index("ix_event_site_time", "event", ["shop_id", "site_id", "occurred_at"])
    # a boot's events are dated again when its clock becomes known; nothing else of them changes
    op.execute("GRANT UPDATE (occurred_at, time_source) ON event TO shopbell_ingest")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (occurred_at, time_source) ON event FROM shopbell_ingest")
    op.drop_index("ix_event_site_time", "event")
    op.execute("UPDATE site_state SET counted_since = now() WHERE counted_since IS NULL")
    op.alter_column("site_state", "counted_since", nullable=False, server_default=sa.func.now())
    for column in ("sequence", "boot", "device_id"):
        op.drop_column("rejected_message", column)
    for column in ("oldest_sequence", "recorded"):
        op.drop_column("device_boot", column)
