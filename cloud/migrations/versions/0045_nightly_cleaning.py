"""What the nightly job may forget: dead codes, tickets, sign-ins, and accounts that stay empty."""

from alembic import op

revision = "0045"
down_revision = "0044"

# table -> what of it has to be read to find what is dead
DEAD = {
    "contact_code": "expires_at",
    "ticket": "expires_at",
    "refresh_token": "family_id, created_at, expires_at",
}
# Only the owner of the tables sees whether somebody works or buys anywhere. Who is still signed in
# may be about to begin.
FORGET = """
    CREATE FUNCTION forget_empty_accounts(at timestamptz) RETURNS bigint LANGUAGE sql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
        WITH gone AS (
            DELETE FROM person p
            WHERE p.created_at < least(at, now()) - interval '30 days'
                AND p.email_verified_at IS NULL AND p.phone_verified_at IS NULL
                AND NOT EXISTS (SELECT FROM staff s WHERE s.person_id = p.id)
                AND NOT EXISTS (SELECT FROM membership m WHERE m.person_id = p.id)
                AND NOT EXISTS (SELECT FROM platform_admin a WHERE a.person_id = p.id)
                AND NOT EXISTS (SELECT FROM refresh_token t WHERE t.person_id = p.id
                    AND t.revoked_at IS NULL AND t.expires_at > least(at, now()))
            RETURNING 1
        )
        SELECT count(*) FROM gone
    $$
"""


def upgrade() -> None:
    for table, columns in DEAD.items():
        op.execute(f"GRANT SELECT ({columns}), DELETE ON {table} TO shopbell_jobs")
        op.execute(f"CREATE POLICY jobs ON {table} TO shopbell_jobs USING (true)")
        op.execute(
            f"CREATE POLICY dead ON {table} AS RESTRICTIVE FOR DELETE TO shopbell_jobs"
            " USING (expires_at <= now())"
        )
    op.execute(FORGET)
    op.execute("REVOKE EXECUTE ON FUNCTION forget_empty_accounts FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION forget_empty_accounts TO shopbell_jobs")


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_empty_accounts")
    for table, columns in DEAD.items():
        op.execute(f"DROP POLICY dead ON {table}")
        op.execute(f"DROP POLICY jobs ON {table}")
        op.execute(f"REVOKE SELECT ({columns}), DELETE ON {table} FROM shopbell_jobs")  # noqa: S608 - of constants
