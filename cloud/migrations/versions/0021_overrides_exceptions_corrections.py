"""The owner's word on the sign, days with other hours, and corrections of the count."""

from alembic import op

revision = "0021"
down_revision = "0030"

STATE = "counted_since, entries, exits, ambiguous, starting_inside, version"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE site_state ADD COLUMN starting_inside integer NOT NULL DEFAULT 0"
        " CONSTRAINT ck_site_state_starting_inside CHECK (starting_inside >= 0)"
    )
    op.execute(f"GRANT UPDATE ({STATE}) ON site_state TO shopbell_app, shopbell_jobs")
    op.execute("""
        CREATE TABLE count_correction (
            shop_id uuid NOT NULL CONSTRAINT fk_count_correction_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            site_id uuid NOT NULL,
            corrected_at timestamptz NOT NULL,
            counted integer NOT NULL,
            inside integer NOT NULL,
            margin integer NOT NULL,
            source text NOT NULL,
            reason text,
            person_id uuid CONSTRAINT fk_count_correction_person_id_person
                REFERENCES person (id) ON DELETE SET NULL,
            CONSTRAINT pk_count_correction PRIMARY KEY (shop_id, id),
            CONSTRAINT ck_count_correction_inside CHECK (inside >= 0),
            CONSTRAINT ck_count_correction_source CHECK (source IN ('closing', 'person')),
            CONSTRAINT fk_count_correction_shop_id_site_id_site FOREIGN KEY (shop_id, site_id)
                REFERENCES site (shop_id, id) ON DELETE CASCADE
        )
    """)
    op.create_index("ix_count_correction_time", "count_correction", ["shop_id", "corrected_at"])
    op.execute("""
        CREATE TABLE opening_override (
            shop_id uuid NOT NULL CONSTRAINT fk_opening_override_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            is_open boolean NOT NULL,
            message text,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            person_id uuid CONSTRAINT fk_opening_override_person_id_person
                REFERENCES person (id) ON DELETE SET NULL,
            CONSTRAINT pk_opening_override PRIMARY KEY (shop_id, id),
            CONSTRAINT ck_opening_override_ends CHECK (ends_at >= starts_at)
        )
    """)
    op.create_index("ix_opening_override_ends", "opening_override", ["shop_id", "ends_at"])
    op.execute("""
        CREATE TABLE opening_exception (
            shop_id uuid NOT NULL CONSTRAINT fk_opening_exception_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            date date NOT NULL,
            hours text,
            note text,
            CONSTRAINT pk_opening_exception PRIMARY KEY (shop_id, date)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON count_correction TO shopbell_app, shopbell_jobs")
    op.execute("GRANT SELECT, INSERT, UPDATE (ends_at) ON opening_override TO shopbell_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON opening_exception TO shopbell_app")
    op.execute("GRANT SELECT ON opening_override, opening_exception TO shopbell_jobs")
    for table in ("count_correction", "opening_override", "opening_exception"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        rule = "shop_id = acting_shop()"
        op.execute(
            f"CREATE POLICY acting ON {table} TO shopbell_app, shopbell_jobs"
            f" USING ({rule}) WITH CHECK ({rule})"
        )


def downgrade() -> None:
    op.execute("DROP TABLE opening_exception, opening_override, count_correction")
    op.execute(
        "REVOKE UPDATE (counted_since, entries, exits, ambiguous, starting_inside, version)"
        " ON site_state FROM shopbell_app, shopbell_jobs"
    )
    op.drop_column("site_state", "starting_inside")
