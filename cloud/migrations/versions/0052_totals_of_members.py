"""What each customer bought, kept beside the customer by the database itself."""

from alembic import op

revision = "0052"
down_revision = "0043"

# A visit is a day of the shop's own time with a positive net amount.
TOTALS = """
    SELECT bought.membership_id,
        sum(bought.purchases)::integer AS purchases,
        (count(*) FILTER (WHERE bought.net_minor > 0))::integer AS visits,
        sum(bought.net_minor)::bigint AS spent_minor,
        max(bought.last_at) AS last_purchase_at,
        max(bought.last_at) FILTER (WHERE bought.net_minor > 0) AS last_visit_at
    FROM (
        SELECT p.membership_id, (p.occurred_at AT TIME ZONE s.time_zone)::date AS day,
            count(*) AS purchases, sum(p.amount_minor) AS net_minor, max(p.occurred_at) AS last_at
        FROM purchase p JOIN shop s ON s.id = p.shop_id
        WHERE p.shop_id = the_shop AND p.membership_id = ANY (members)
        GROUP BY 1, 2
    ) AS bought
    GROUP BY 1
"""


def upgrade() -> None:
    op.execute("""
        ALTER TABLE membership
            ADD COLUMN purchases integer NOT NULL DEFAULT 0,
            ADD COLUMN visits integer NOT NULL DEFAULT 0,
            ADD COLUMN spent_minor bigint NOT NULL DEFAULT 0,
            ADD COLUMN last_purchase_at timestamptz,
            ADD COLUMN last_visit_at timestamptz
    """)
    # Locked first, counted in a statement of its own: that one sees what the transaction before
    # has stored. A lock that leaves the key alone does not wait for sales that only point here.
    op.execute(f"""
        CREATE FUNCTION total_members(the_shop uuid, members uuid[]) RETURNS void
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            PERFORM FROM membership m WHERE m.shop_id = the_shop AND m.id = ANY (members)
                ORDER BY m.id FOR NO KEY UPDATE;
            UPDATE membership m SET
                purchases = coalesce(t.purchases, 0), visits = coalesce(t.visits, 0),
                spent_minor = coalesce(t.spent_minor, 0),
                last_purchase_at = t.last_purchase_at, last_visit_at = t.last_visit_at
            FROM unnest(members) AS wanted (id)
                LEFT JOIN ({TOTALS}) AS t ON t.membership_id = wanted.id
            WHERE m.shop_id = the_shop AND m.id = wanted.id;
        END $$
    """)  # noqa: S608 - of a constant
    for event, rows in (
        ("insert", "SELECT * FROM new_rows"),
        ("update", "SELECT * FROM new_rows UNION ALL SELECT * FROM old_rows"),
        ("delete", "SELECT * FROM old_rows"),
    ):
        _trigger(event, rows)
    op.execute("""
        CREATE FUNCTION total_shop() RETURNS trigger
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            PERFORM total_members(
                NEW.id, ARRAY(SELECT id FROM membership WHERE shop_id = NEW.id));
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER totals AFTER UPDATE OF time_zone ON shop
        FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone)
        EXECUTE FUNCTION total_shop()
    """)
    op.execute("""
        SELECT total_members(shop_id, array_agg(DISTINCT membership_id)) FROM purchase
        WHERE membership_id IS NOT NULL GROUP BY shop_id
    """)
    op.create_index("ix_membership_last_visit", "membership", ["shop_id", "last_visit_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_membership_last_visit", "membership")
    op.execute("DROP TRIGGER totals ON shop")
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER totals_{event} ON purchase")
        op.execute(f"DROP FUNCTION total_on_{event}()")
    op.execute("DROP FUNCTION total_shop()")
    op.execute("DROP FUNCTION total_members(uuid, uuid[])")
    op.execute("""
        ALTER TABLE membership DROP COLUMN purchases, DROP COLUMN visits,
            DROP COLUMN spent_minor, DROP COLUMN last_purchase_at, DROP COLUMN last_visit_at
    """)


def _trigger(event: str, rows: str) -> None:
    # an import says that it will count once, when all its rows are there
    op.execute(f"""
        CREATE FUNCTION total_on_{event}() RETURNS trigger
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            IF current_setting('app.totals_later', true) = 'on' THEN
                RETURN NULL;
            END IF;
            PERFORM total_members(shop_id, array_agg(DISTINCT membership_id))
                FROM ({rows}) AS changed WHERE membership_id IS NOT NULL GROUP BY shop_id;
            RETURN NULL;
        END $$
    """)
    seen = {
        "insert": "NEW TABLE AS new_rows",
        "update": "NEW TABLE AS new_rows OLD TABLE AS old_rows",
        "delete": "OLD TABLE AS old_rows",
    }[event]
    op.execute(f"""
        CREATE TRIGGER totals_{event} AFTER {event.upper()} ON purchase REFERENCING {seen}
        FOR EACH STATEMENT EXECUTE FUNCTION total_on_{event}()
    """)
