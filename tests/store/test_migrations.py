"""Every migration can be taken back, and comes again to the same schema."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from cloud.app.jobs.database import downgrade_database, upgrade_database
from cloud.app.settings import Settings
from tests.conftest import create_database, execute_at, settings_for

# everything that a migration can make, each as one line of text
SCHEMA = """
    SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || ' ' || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
        AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' '
        || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT
        'policy ' || concat_ws(' ', tablename, policyname, roles, cmd, qual, with_check)
        FROM pg_policies WHERE schemaname = 'public'
    UNION ALL SELECT 'function ' || p.oid::regprocedure || ' ' || md5(p.prosrc)
        || coalesce(p.proacl::text, '') FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname NOT LIKE 'procrastinate%'
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'grant ' || concat_ws(' ', grantee, table_name, column_name, privilege_type)
        FROM information_schema.column_privileges
        WHERE table_schema = 'public' AND grantee LIKE 'shopbell%'
    UNION ALL SELECT 'security ' || relname || ' ' || relrowsecurity || relforcerowsecurity
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""


@pytest.fixture
def empty(postgres: URL) -> Iterator[Settings]:
    """A database without any migration."""
    create_database(postgres, "migrated")
    yield settings_for(postgres, "migrated")
    execute_at(postgres, 'DROP DATABASE "migrated" WITH (FORCE)')


def schema(settings: Settings) -> set[str]:
    engine = create_engine(settings.owner_url)
    with engine.connect() as connection:
        found = set(connection.scalars(text(SCHEMA)))
    engine.dispose()
    return found


def test_every_migration_can_be_taken_back_and_made_again(empty: Settings) -> None:
    upgrade_database(empty)
    made = schema(empty)
    assert any("function total_members" in line for line in made)
    downgrade_database(empty, "base")
    left = {line for line in schema(empty) if "alembic_version" not in line}
    assert left == set()
    upgrade_database(empty)
    assert schema(empty) == made
