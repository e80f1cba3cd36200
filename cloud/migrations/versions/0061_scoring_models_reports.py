"""How far a shop's scoring is, its sealed model, and its monthly reports."""

from alembic import op

revision = "0061"
down_revision = "0060"

TABLES = ("scoring", "model", "report")
OF_SHOP = "shop_id = acting_shop()"


def upgrade() -> None:
    _tables()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY acting ON {table} TO shopbell_app, shopbell_jobs "
            f"USING ({OF_SHOP}) WITH CHECK ({OF_SHOP})"
        )
    # the nightly run has to know whose night is over
    op.execute("CREATE POLICY jobs ON scoring FOR SELECT TO shopbell_jobs USING (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON scoring TO shopbell_app")
    op.execute("GRANT SELECT (shop_id, name, card, created_at) ON model TO shopbell_app")
    op.execute("GRANT SELECT, UPDATE (pdf) ON report TO shopbell_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON scoring, model, report TO shopbell_jobs")
    _forget_names_in_reports()


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_names_in_reports ON membership")
    op.execute("DROP FUNCTION forget_names_in_reports()")
    for table in TABLES:
        op.drop_table(table)


def _tables() -> None:
    op.execute("""
        CREATE TABLE scoring (
            shop_id uuid NOT NULL CONSTRAINT pk_scoring PRIMARY KEY
                CONSTRAINT fk_scoring_shop_id_shop REFERENCES shop (id) ON DELETE CASCADE,
            state text NOT NULL CONSTRAINT ck_scoring_state
                CHECK (state IN ('waiting', 'running', 'done', 'failed')),
            step text,
            asked_at timestamptz,
            started_at timestamptz,
            finished_at timestamptz,
            night date,
            fingerprint text,
            error text
        )
    """)
    op.execute("""
        CREATE TABLE model (
            shop_id uuid NOT NULL CONSTRAINT fk_model_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            name text NOT NULL,
            sealed bytea NOT NULL,
            checksum text NOT NULL,
            card jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_model PRIMARY KEY (shop_id, name)
        )
    """)
    op.execute("""
        CREATE TABLE report (
            shop_id uuid NOT NULL CONSTRAINT fk_report_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            month date NOT NULL,
            pdf bytea,
            pdf_without_names bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_report PRIMARY KEY (shop_id, month),
            CONSTRAINT ck_report_month CHECK (extract(day FROM month) = 1)
        )
    """)


def _forget_names_in_reports() -> None:
    """Who is erased must not live on in a PDF. A person who erases herself acts for no shop."""
    op.execute("""
        CREATE FUNCTION forget_names_in_reports() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE acting text := current_setting('app.shop_id', true);
        BEGIN
            PERFORM set_config('app.shop_id', OLD.shop_id::text, true);
            UPDATE report SET pdf = NULL WHERE shop_id = OLD.shop_id AND pdf IS NOT NULL;
            PERFORM set_config('app.shop_id', coalesce(acting, ''), true);
            RETURN NULL;
        END $$
    """)
    op.execute(
        "CREATE TRIGGER forget_names_in_reports AFTER DELETE ON membership "
        "FOR EACH ROW EXECUTE FUNCTION forget_names_in_reports()"
    )
