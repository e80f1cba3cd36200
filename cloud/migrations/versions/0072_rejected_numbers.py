"""Which numbers a rejected message has settled, and how many of each boot."""

from alembic import op

revision = "0072"
down_revision = "0061"


def upgrade() -> None:
    op.execute("ALTER TABLE rejected_message ADD COLUMN sequences int8multirange")
    op.execute(
        "UPDATE rejected_message"
        " SET sequences = int8multirange(int8range(sequence, sequence, '[]'))"
        " WHERE sequence IS NOT NULL"
    )
    op.execute("GRANT UPDATE (sequences) ON rejected_message TO shopbell_ingest")
    op.execute("ALTER TABLE device_boot ADD COLUMN rejected integer NOT NULL DEFAULT 0")
    # a rejection of the same number twice is one number
    op.execute("""
        UPDATE device_boot SET rejected = (
            SELECT count(DISTINCT sequence) FROM rejected_message AS message
            WHERE message.device_id = device_boot.device_id AND message.boot = device_boot.boot
                AND message.sequence IS NOT NULL AND message.replayed_at IS NULL)
    """)


def downgrade() -> None:
    op.drop_column("device_boot", "rejected")
    op.drop_column("rejected_message", "sequences")
