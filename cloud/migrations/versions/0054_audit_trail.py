"""Who saw and changed what, and who looks after the installation."""

from alembic import op

revision = "0054"
down_revision = "0053"

# what the administrator of an installation may look at; no table about customers is among them
LOOKED_AT = ("shop", "site", "device", "rejected_message")
LOOKS = """
    current_setting('app.platform', true) = 'on'
    AND EXISTS (SELECT FROM platform_admin a WHERE a.person_id = acting_person())
"""


def upgrade() -> None:
    op.execute("""
        CREATE TABLE platform_admin (
            person_id uuid NOT NULL CONSTRAINT pk_platform_admin PRIMARY KEY
                CONSTRAINT fk_platform_admin_person_id_person
                REFERENCES person (id) ON DELETE CASCADE,
            created_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    op.execute("""
        CREATE TABLE audit_event (
            id uuid NOT NULL CONSTRAINT pk_audit_event PRIMARY KEY,
            shop_id uuid CONSTRAINT fk_audit_event_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            person_id uuid CONSTRAINT fk_audit_event_person_id_person
                REFERENCES person (id) ON DELETE SET NULL,
            role text NOT NULL,
            action text NOT NULL,
            customer_id uuid,
            about jsonb NOT NULL,
            fields jsonb NOT NULL,
            happened_at timestamptz NOT NULL
        )
    """)
    op.create_index("ix_audit_event_shop", "audit_event", ["shop_id", "happened_at", "id"])
    op.create_index("ix_audit_event_person_id", "audit_event", ["person_id"])
    for table in ("platform_admin", "audit_event"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY acting ON platform_admin TO shopbell_app USING (person_id = acting_person())
    """)
    op.execute(f"""
        CREATE POLICY acting ON audit_event TO shopbell_app
        USING (shop_id = acting_shop() OR person_id = acting_person()
            OR (shop_id IS NULL AND {LOOKS}))
        WITH CHECK (person_id = acting_person())
    """)
    op.execute("CREATE POLICY jobs ON audit_event TO shopbell_jobs USING (true)")
    op.execute("GRANT SELECT ON platform_admin TO shopbell_app")
    # nobody changes what is written, and only the clock forgets it
    op.execute("GRANT SELECT, INSERT ON audit_event TO shopbell_app")
    op.execute("GRANT SELECT, DELETE ON audit_event TO shopbell_jobs")
    for table in LOOKED_AT:
        op.execute(f"CREATE POLICY looking ON {table} FOR SELECT TO shopbell_app USING ({LOOKS})")


def downgrade() -> None:
    for table in LOOKED_AT:
        op.execute(f"DROP POLICY looking ON {table}")
    op.drop_table("audit_event")
    op.drop_table("platform_admin")
