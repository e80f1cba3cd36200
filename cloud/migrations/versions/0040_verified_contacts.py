"""Contacts are unique once they are verified, by codes of which only digests are kept."""

from alembic import op

revision = "0040"
down_revision = "0071"

# who names a contact may see its codes, which are digests
RULE = "contact_digest = nullif(current_setting('app.code', true), '')"


def upgrade() -> None:
    for column in ("email", "phone"):
        op.execute(f"ALTER TABLE person ADD COLUMN {column}_verified_at timestamptz")
        op.execute(f"ALTER TABLE person DROP CONSTRAINT uq_person_{column}")
        op.execute(
            f"CREATE UNIQUE INDEX uq_person_{column}_verified ON person ({column})"
            f" WHERE {column}_verified_at IS NOT NULL"
        )
        op.create_index(f"ix_person_{column}", "person", [column])
    # nothing has ever written it
    op.drop_column("person", "contact_verified_at")
    op.execute("ALTER TABLE person ALTER COLUMN password_hash DROP NOT NULL")
    op.execute("""
        CREATE TABLE contact_code (
            id uuid NOT NULL CONSTRAINT pk_contact_code PRIMARY KEY,
            contact_digest text NOT NULL,
            code_digest text NOT NULL,
            tries integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz
        )
    """)
    op.create_index("ix_contact_code_contact", "contact_code", ["contact_digest", "created_at"])
    op.execute("ALTER TABLE contact_code ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE contact_code FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY acting ON contact_code TO shopbell_app USING ({RULE}) WITH CHECK ({RULE})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON contact_code TO shopbell_app")


def downgrade() -> None:
    op.drop_table("contact_code")
    # of several who claim a contact the verified one stays, else the newest
    for column in ("email", "phone"):
        op.execute(f"""
            DELETE FROM person old USING person other
            WHERE old.{column} = other.{column} AND old.id <> other.id
                AND (old.{column}_verified_at IS NULL, other.created_at, other.id)
                    > (other.{column}_verified_at IS NULL, old.created_at, old.id)
        """)  # noqa: S608 - one of two constants
        op.drop_index(f"ix_person_{column}", "person")
        op.drop_index(f"uq_person_{column}_verified", "person")
        op.create_unique_constraint(f"uq_person_{column}", "person", [column])
        op.drop_column("person", f"{column}_verified_at")
    op.execute("ALTER TABLE person ADD COLUMN contact_verified_at timestamptz")
    # who signed in by codes only has to ask for a new password
    op.execute("UPDATE person SET password_hash = '' WHERE password_hash IS NULL")
    op.execute("ALTER TABLE person ALTER COLUMN password_hash SET NOT NULL")
