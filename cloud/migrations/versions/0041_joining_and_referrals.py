"""Persons who join shops, are found as ones that a shop knows, and bring friends."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

OF_SHOP = "shop_id = acting_shop()"
PROVEN = "acting_proven_contact()"


def upgrade() -> None:
    for column in ("linked_at", "left_at"):
        op.add_column("membership", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.add_column("membership", sa.Column("referral_code", sa.Text(), nullable=True))
    op.create_index(
        "uq_membership_referral_code",
        "membership",
        ["shop_id", "referral_code"],
        unique=True,
        postgresql_where=sa.text("referral_code IS NOT NULL"),
    )
    for column in ("phone", "email"):
        op.create_index(
            f"ix_membership_unlinked_{column}",
            "membership",
            [column],
            postgresql_where=sa.text("person_id IS NULL"),
        )
    op.execute(
        "CREATE FUNCTION acting_proven_contact() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE "
        "RETURN nullif(current_setting('app.proven_contact', true), '')"
    )
    # who has proven a contact may take what shops know of it, and nothing else
    op.execute(f"""
        CREATE POLICY claiming ON membership TO shopbell_app
        USING (person_id IS NULL AND (phone = {PROVEN} OR email = {PROVEN}))
        WITH CHECK (person_id = acting_person())
    """)
    op.execute("""
        CREATE TABLE referral (
            shop_id uuid NOT NULL CONSTRAINT fk_referral_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            friend_id uuid NOT NULL,
            referrer_id uuid NOT NULL,
            joined_at timestamptz NOT NULL,
            CONSTRAINT pk_referral PRIMARY KEY (shop_id, friend_id),
            CONSTRAINT ck_referral_two_people CHECK (friend_id <> referrer_id),
            CONSTRAINT fk_referral_shop_id_friend_id_membership
                FOREIGN KEY (shop_id, friend_id)
                REFERENCES membership (shop_id, id) ON DELETE CASCADE,
            CONSTRAINT fk_referral_shop_id_referrer_id_membership
                FOREIGN KEY (shop_id, referrer_id)
                REFERENCES membership (shop_id, id) ON DELETE CASCADE
        )
    """)
    op.create_index("ix_referral_referrer", "referral", ["shop_id", "referrer_id"])
    op.execute("ALTER TABLE referral ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE referral FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY acting ON referral TO shopbell_app USING ({OF_SHOP}) WITH CHECK ({OF_SHOP})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON referral TO shopbell_app")


def downgrade() -> None:
    op.drop_table("referral")
    op.execute("DROP POLICY claiming ON membership")
    op.execute("DROP FUNCTION acting_proven_contact()")
    for column in ("phone", "email"):
        op.drop_index(f"ix_membership_unlinked_{column}", "membership")
    op.drop_index("uq_membership_referral_code", "membership")
    for column in ("referral_code", "left_at", "linked_at"):
        op.drop_column("membership", column)
