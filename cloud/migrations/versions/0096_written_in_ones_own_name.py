"""Nobody writes a role, or an event of the audit trail, in the name of another shop."""

from alembic import op

revision = "0096"
down_revision = "0095"

OF_SHOP = "shop_id = acting_shop()"
OF_PERSON = "person_id = acting_person()"


def upgrade() -> None:
    op.execute(f"ALTER POLICY acting ON staff WITH CHECK ({OF_SHOP})")
    op.execute(f"""
        ALTER POLICY acting ON audit_event
        WITH CHECK ({OF_PERSON} AND (shop_id IS NULL OR {OF_SHOP}))
    """)


def downgrade() -> None:
    op.execute(f"ALTER POLICY acting ON audit_event WITH CHECK ({OF_PERSON})")
    op.execute(f"ALTER POLICY acting ON staff WITH CHECK ({OF_SHOP} OR {OF_PERSON})")
