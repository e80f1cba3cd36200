"""Who may be written to, and who rests, kept beside the customer by the database itself."""

from alembic import op

revision = "0089"
down_revision = "0088"

EVENTS = {
    "insert": ("NEW TABLE AS new_rows", "SELECT * FROM new_rows"),
    "update": (
        "NEW TABLE AS new_rows OLD TABLE AS old_rows",
        "SELECT * FROM new_rows UNION ALL SELECT * FROM old_rows",
    ),
    "delete": ("OLD TABLE AS old_rows", "SELECT * FROM old_rows"),
}
TABLES = ("consent_event", "outreach")

# The latest word on each channel, and the latest note. For ever: customers to be left alone.
STANDING = """
    granted = ARRAY(
        SELECT latest.channel FROM (
            SELECT DISTINCT ON (e.channel) e.channel, e.action FROM consent_event e
            WHERE e.shop_id = m.shop_id AND e.membership_id = m.id AND e.purpose = 'marketing'
            ORDER BY e.channel, e.created_at DESC, e.id
        ) AS latest
        WHERE latest.action = 'grant' ORDER BY 1
    ),
    rests_until = (
        SELECT CASE WHEN o.outcome = 'never' THEN 'infinity' ELSE o.until END FROM outreach o
        WHERE o.shop_id = m.shop_id AND o.membership_id = m.id
        ORDER BY o.created_at DESC, o.id LIMIT 1
    )
"""


def upgrade() -> None:
    op.execute("""
        ALTER TABLE membership
            ADD COLUMN granted text[] NOT NULL DEFAULT '{}',
            ADD COLUMN rests_until timestamptz
    """)
    # Locked first, looked up in a statement of its own: that one sees what the transaction before
    # has stored.
    op.execute(f"""
        CREATE FUNCTION note_standing(the_shop uuid, members uuid[]) RETURNS void
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            PERFORM FROM membership m WHERE m.shop_id = the_shop AND m.id = ANY (members)
                ORDER BY m.id FOR NO KEY UPDATE;
            UPDATE membership m SET {STANDING} WHERE m.shop_id = the_shop AND m.id = ANY (members);
        END $$
    """)  # noqa: S608 - of a constant
    for event, (seen, rows) in EVENTS.items():
        op.execute(f"""
            CREATE FUNCTION standing_on_{event}() RETURNS trigger
            LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
            BEGIN
                PERFORM note_standing(shop_id, array_agg(DISTINCT membership_id))
                    FROM ({rows}) AS changed GROUP BY shop_id;
                RETURN NULL;
            END $$
        """)
        for table in TABLES:
            op.execute(f"""
                CREATE TRIGGER standing_{event} AFTER {event.upper()} ON {table}
                REFERENCING {seen}
                FOR EACH STATEMENT EXECUTE FUNCTION standing_on_{event}()
            """)
    op.execute(f"""
        UPDATE membership m SET {STANDING} WHERE
            EXISTS (SELECT FROM consent_event e
                WHERE e.shop_id = m.shop_id AND e.membership_id = m.id)
            OR EXISTS (SELECT FROM outreach o
                WHERE o.shop_id = m.shop_id AND o.membership_id = m.id)
    """)  # noqa: S608 - of a constant


def downgrade() -> None:
    for event in EVENTS:
        for table in TABLES:
            op.execute(f"DROP TRIGGER standing_{event} ON {table}")
        op.execute(f"DROP FUNCTION standing_on_{event}()")
    op.execute("DROP FUNCTION note_standing(uuid, uuid[])")
    op.execute("ALTER TABLE membership DROP COLUMN granted, DROP COLUMN rests_until")
