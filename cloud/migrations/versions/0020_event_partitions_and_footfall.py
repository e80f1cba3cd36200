"""Events in monthly partitions, footfall by the hour, and rejected messages told apart.

The partitions go by the time of receipt, which never changes, while `occurred_at` is corrected when
a boot's clock becomes known. An event is received after it occurred, so a query for a time may say
`received_at >=` the same time and skip older partitions. That an event is stored once is kept by
`device_boot.recorded` under its row lock: a unique key would have to contain the time of receipt.
"""

from alembic import op

revision = "0020"
down_revision = "0004"

COPY = """
    INSERT INTO event
    SELECT shop_id, device_id, boot, sequence, site_id, kind, occurred_at, time_source, up_ms, body,
        received_at
    FROM event_before
"""
EVENT = """
    CREATE TABLE event (
        shop_id uuid NOT NULL CONSTRAINT fk_event_shop_id_shop
            REFERENCES shop (id) ON DELETE CASCADE,
        device_id text NOT NULL,
        boot bigint NOT NULL,
        sequence integer NOT NULL,
        site_id uuid NOT NULL,
        kind text NOT NULL,
        occurred_at timestamptz NOT NULL,
        time_source text NOT NULL,
        up_ms bigint NOT NULL,
        body jsonb NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_event_time_source CHECK (time_source IN ('device', 'boot', 'received')),
        CONSTRAINT pk_event PRIMARY KEY (shop_id, device_id, boot, sequence, received_at),
        CONSTRAINT fk_event_shop_id_device_id_device FOREIGN KEY (shop_id, device_id)
            REFERENCES device (shop_id, id) ON DELETE CASCADE
    ) PARTITION BY RANGE (received_at)
"""
# Makes the partitions of this month and the next ones, and drops those that are older than
# `keep_months`. What fell into the default partition meanwhile moves to its month.
KEEP_PARTITIONS = """
    CREATE FUNCTION keep_event_partitions(keep_months integer, at timestamptz DEFAULT now())
    RETURNS TABLE (partition text, action text) LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
        first date; name text; child record;
    BEGIN
        FOR first IN
            SELECT date_trunc('month', at)::date + ahead * interval '1 month'
                FROM generate_series(0, 2) AS ahead
            UNION SELECT date_trunc('month', received_at)::date FROM event_default
        LOOP
            name := 'event_' || to_char(first, 'YYYY_MM');
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                           name);
            EXECUTE format('WITH moved AS (DELETE FROM event_default'
                ' WHERE received_at >= %L AND received_at < %L RETURNING *)'
                ' INSERT INTO %I SELECT * FROM moved',
                first, (first + interval '1 month')::date, name);
            EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           name, first, (first + interval '1 month')::date);
            partition := name; action := 'made'; RETURN NEXT;
        END LOOP;
        FOR child IN
            SELECT inhrelid::regclass::text AS name FROM pg_inherits
            WHERE inhparent = 'event'::regclass AND inhrelid::regclass::text ~ '^event_[0-9]'
        LOOP
            CONTINUE WHEN to_date(substr(child.name, 7), 'YYYY_MM')
                >= date_trunc('month', at) - keep_months * interval '1 month';
            EXECUTE format('DROP TABLE %I', child.name);
            partition := child.name; action := 'dropped'; RETURN NEXT;
        END LOOP;
    END $$
"""


def upgrade() -> None:
    _move_events(EVENT)
    op.execute("CREATE TABLE event_default PARTITION OF event DEFAULT")
    op.execute(COPY)
    op.execute("DROP TABLE event_before")
    op.execute(KEEP_PARTITIONS)
    op.execute("REVOKE EXECUTE ON FUNCTION keep_event_partitions FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION keep_event_partitions TO shopbell_jobs")
    op.execute("SELECT keep_event_partitions(1200)")
    _footfall()
    _rejections()


def downgrade() -> None:
    op.execute("DROP TABLE footfall_due, footfall_hour")
    op.execute("DROP POLICY jobs ON rejected_message")
    op.execute("REVOKE SELECT, DELETE ON rejected_message FROM shopbell_jobs")
    for column in ("digest", "times", "last_received_at", "replayed_at"):
        op.drop_column("rejected_message", column)
    op.execute("REVOKE UPDATE ON rejected_message FROM shopbell_ingest")
    op.execute("DROP FUNCTION keep_event_partitions")
    plain = EVENT.replace(", received_at)\n", ")\n", 1).replace(
        " PARTITION BY RANGE (received_at)", ""
    )
    _move_events(plain.replace("sequence, received_at)", "sequence)"))
    op.execute(COPY)
    op.execute("DROP TABLE event_before")


def _move_events(create: str) -> None:
    op.execute("ALTER TABLE event RENAME TO event_before")
    op.execute("ALTER INDEX pk_event RENAME TO pk_event_before")
    op.execute("ALTER INDEX ix_event_site_time RENAME TO ix_event_before")
    op.execute(create)
    op.create_index("ix_event_site_time", "event", ["shop_id", "site_id", "occurred_at"])
    op.execute("GRANT SELECT ON event TO shopbell_app, shopbell_jobs, shopbell_ingest")
    op.execute("GRANT INSERT, UPDATE (occurred_at, time_source) ON event TO shopbell_ingest")
    _protect("event")


def _footfall() -> None:
    op.execute("""
        CREATE TABLE footfall_hour (
            shop_id uuid NOT NULL CONSTRAINT fk_footfall_hour_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            site_id uuid NOT NULL,
            starts_at timestamptz NOT NULL,
            date date NOT NULL,
            hour smallint NOT NULL,
            entries integer NOT NULL,
            exits integer NOT NULL,
            ambiguous integer NOT NULL,
            CONSTRAINT pk_footfall_hour PRIMARY KEY (shop_id, site_id, starts_at),
            CONSTRAINT fk_footfall_hour_shop_id_site_id_site FOREIGN KEY (shop_id, site_id)
                REFERENCES site (shop_id, id) ON DELETE CASCADE
        )
    """)
    op.create_index("ix_footfall_hour_date", "footfall_hour", ["shop_id", "date"])
    op.execute("""
        CREATE TABLE footfall_due (
            shop_id uuid NOT NULL CONSTRAINT fk_footfall_due_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            site_id uuid NOT NULL,
            starts_at timestamptz NOT NULL,
            times bigint NOT NULL DEFAULT 1,
            CONSTRAINT pk_footfall_due PRIMARY KEY (shop_id, site_id, starts_at),
            CONSTRAINT fk_footfall_due_shop_id_site_id_site FOREIGN KEY (shop_id, site_id)
                REFERENCES site (shop_id, id) ON DELETE CASCADE
        )
    """)
    op.execute("GRANT SELECT ON footfall_hour TO shopbell_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON footfall_hour TO shopbell_jobs")
    op.execute("GRANT SELECT, INSERT, UPDATE ON footfall_due TO shopbell_ingest")
    op.execute("GRANT SELECT, DELETE ON footfall_due TO shopbell_jobs")
    _protect("footfall_hour", is_ingested=False)
    _protect("footfall_due")
    # the job has to know for which shops there is something to do
    op.execute("CREATE POLICY jobs ON footfall_due TO shopbell_jobs USING (true)")
    # what is stored already is rolled up at the first run
    op.execute("""
        INSERT INTO footfall_due (shop_id, site_id, starts_at)
        SELECT DISTINCT shop_id, site_id,
            date_bin('15 minutes', occurred_at, timestamptz 'epoch')
        FROM event WHERE kind IN ('passage', 'ambiguous_passage')
    """)


def _rejections() -> None:
    op.execute("""
        ALTER TABLE rejected_message
            ADD COLUMN digest bytea,
            ADD COLUMN times integer NOT NULL DEFAULT 1,
            ADD COLUMN last_received_at timestamptz NOT NULL DEFAULT now(),
            ADD COLUMN replayed_at timestamptz
    """)
    op.create_index("uq_rejected_message_digest", "rejected_message", ["digest"], unique=True)
    op.execute(
        "GRANT UPDATE (times, last_received_at, replayed_at) ON rejected_message TO shopbell_ingest"
    )
    op.execute("GRANT SELECT, DELETE ON rejected_message TO shopbell_jobs")
    op.execute("CREATE POLICY jobs ON rejected_message TO shopbell_jobs USING (true)")


def _protect(table: str, *, is_ingested: bool = True) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    rule = "shop_id = acting_shop()"
    op.execute(
        f"CREATE POLICY acting ON {table} TO shopbell_app, shopbell_jobs"
        f" USING ({rule}) WITH CHECK ({rule})"
    )
    if is_ingested:
        op.execute(
            f"CREATE POLICY ingest ON {table} TO shopbell_ingest USING (true) WITH CHECK (true)"
        )
