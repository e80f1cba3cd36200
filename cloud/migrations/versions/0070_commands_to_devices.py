"""Commands to devices: asked for once, sent once, and what the device replied."""

from alembic import op

revision = "0070"
down_revision = "0050"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE device_command (
            shop_id uuid NOT NULL CONSTRAINT fk_device_command_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            device_id text NOT NULL,
            name text NOT NULL,
            args jsonb NOT NULL,
            person_id uuid CONSTRAINT fk_device_command_person_id_person
                REFERENCES person (id) ON DELETE SET NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            sent_at timestamptz,
            answered_at timestamptz,
            is_ok boolean,
            detail text,
            CONSTRAINT pk_device_command PRIMARY KEY (shop_id, id),
            CONSTRAINT ck_device_command_answer
                CHECK (num_nulls(answered_at, is_ok, detail) IN (0, 3)),
            CONSTRAINT fk_device_command_shop_id_device_id_device
                FOREIGN KEY (shop_id, device_id)
                REFERENCES device (shop_id, id) ON DELETE CASCADE
        )
    """)
    op.create_index("ix_device_command_device", "device_command", ["device_id", "created_at"])
    # what a worker looks for every second: nearly always nothing
    op.execute(
        "CREATE INDEX ix_device_command_due ON device_command (expires_at) WHERE sent_at IS NULL"
    )
    op.execute("ALTER TABLE device_command ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE device_command FORCE ROW LEVEL SECURITY")
    rule = "shop_id = acting_shop()"
    op.execute(
        f"CREATE POLICY acting ON device_command TO shopbell_app USING ({rule}) WITH CHECK ({rule})"
    )
    op.execute(
        "CREATE POLICY ingest ON device_command TO shopbell_ingest USING (true) WITH CHECK (true)"
    )
    op.execute("GRANT SELECT, INSERT ON device_command TO shopbell_app")
    op.execute(
        "GRANT SELECT, UPDATE (sent_at, answered_at, is_ok, detail) ON device_command"
        " TO shopbell_ingest"
    )


def downgrade() -> None:
    op.drop_table("device_command")
