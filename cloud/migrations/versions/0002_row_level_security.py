"""Restricted roles, and row-level security on every table.

`app.shop_id`, `app.person_id`, `app.contact` and `app.slug` are set for one transaction by
`store.roles.act_for`; an unset one is empty and matches nothing. Foreign keys and unique indexes
are checked by PostgreSQL itself and see all rows.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

SHOP_TABLES = (
    "site",
    "site_state",
    "device",
    "device_boot",
    "event",
    "product",
    "purchase",
    "purchase_line",
    "import_batch",
    "import_row",
    "score_run",
    "score",
)
PERSON_TABLES = ("person", "refresh_token")
SHARED_TABLES = ("shop", "staff", "membership", "rejected_message")
TABLES = SHOP_TABLES + PERSON_TABLES + SHARED_TABLES

OF_SHOP = "shop_id = acting_shop()"
OF_PERSON = "person_id = acting_person()"

# name of the role -> what it may do on which tables
GRANTS = {
    "shopbell_app": {
        "SELECT, INSERT, UPDATE, DELETE": (
            "person", "refresh_token", "shop", "staff", "membership", "site", "device", "product",
            "purchase", "purchase_line", "import_batch", "import_row",
        ),
        "SELECT": ("site_state", "device_boot", "event", "rejected_message", "score_run", "score"),
    },
    "shopbell_ingest": {
        "SELECT": ("site",),
        "SELECT, UPDATE": ("device",),
        "SELECT, INSERT": ("event", "rejected_message"),
        "SELECT, INSERT, UPDATE": ("device_boot", "site_state"),
    },
    "shopbell_jobs": {
        "SELECT": ("shop", "site", "device", "device_boot", "event", "site_state"),
        "SELECT, INSERT, UPDATE, DELETE": (
            "membership", "product", "purchase", "purchase_line", "import_batch", "import_row",
            "score_run", "score",
        ),
    },
}  # fmt: skip

PERSON_RULE = """
    id = acting_person()
    OR email = acting_contact() OR phone = acting_contact()
    OR EXISTS (SELECT FROM staff WHERE staff.person_id = person.id
               AND staff.shop_id = acting_shop())
"""
SHOP_RULE = """
    id = acting_shop()
    OR slug = nullif(current_setting('app.slug', true), '')
    OR EXISTS (SELECT FROM staff WHERE staff.shop_id = shop.id
               AND staff.person_id = acting_person())
    OR EXISTS (SELECT FROM membership WHERE membership.shop_id = shop.id
               AND membership.person_id = acting_person())
"""


def upgrade() -> None:
    _functions()
    for role, grants in GRANTS.items():
        _role(role)
        for privileges, tables in grants.items():
            op.execute(f"GRANT {privileges} ON {', '.join(tables)} TO {role}")
    op.execute("GRANT USAGE ON SEQUENCE rejected_message_id_seq TO shopbell_ingest")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _policies()


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        for policy in ("acting", "ingest", "jobs"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
    for role in GRANTS:
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
        op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}")
        op.execute(f"REVOKE ALL ON SCHEMA public FROM {role}")
    for function in ("acting_shop", "acting_person", "acting_contact"):
        op.execute(f"DROP FUNCTION {function}()")


def _functions() -> None:
    for function, setting, kind in (
        ("acting_shop", "app.shop_id", "uuid"),
        ("acting_person", "app.person_id", "uuid"),
        ("acting_contact", "app.contact", "text"),
    ):
        op.execute(
            f"CREATE FUNCTION {function}() RETURNS {kind} LANGUAGE sql STABLE PARALLEL SAFE "
            f"RETURN nullif(current_setting('{setting}', true), '')::{kind}"
        )


def _role(role: str) -> None:
    # roles belong to the whole server: another database of ours may have made them already
    op.execute(
        f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS; "
        "EXCEPTION WHEN duplicate_object THEN NULL; WHEN unique_violation THEN NULL; END $$"
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


def _policies() -> None:
    for table in SHOP_TABLES:
        _policy(table, "acting", "shopbell_app, shopbell_jobs", OF_SHOP)
    _policy("person", "acting", "shopbell_app", PERSON_RULE)
    _policy("refresh_token", "acting", "shopbell_app", OF_PERSON)
    _policy("shop", "acting", "shopbell_app", SHOP_RULE)
    # the nightly run has to know which shops there are
    _policy("shop", "jobs", "shopbell_jobs", "true")
    for table in ("staff", "membership"):
        _policy(table, "acting", "shopbell_app", f"{OF_SHOP} OR {OF_PERSON}")
    _policy("membership", "jobs", "shopbell_jobs", OF_SHOP)
    _policy("rejected_message", "acting", "shopbell_app", OF_SHOP)
    # ingest serves the devices of all shops and is granted nothing about customers
    for table in ("site", "site_state", "device", "device_boot", "event", "rejected_message"):
        _policy(table, "ingest", "shopbell_ingest", "true")


def _policy(table: str, name: str, roles: str, rule: str) -> None:
    op.execute(f"CREATE POLICY {name} ON {table} TO {roles} USING ({rule}) WITH CHECK ({rule})")
