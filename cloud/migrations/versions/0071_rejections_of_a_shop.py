"""Rejections are looked up for their shop with every look at its boards."""

from alembic import op

revision = "0071"
down_revision = "0070"


def upgrade() -> None:
    op.create_index("ix_rejected_message_shop", "rejected_message", ["shop_id", "last_received_at"])


def downgrade() -> None:
    op.drop_index("ix_rejected_message_shop", "rejected_message")
