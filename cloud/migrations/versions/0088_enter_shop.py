"""Who asks is let into a shop by one statement, where it took three."""

from alembic import op

revision = "0088"
down_revision = "0092"


def upgrade() -> None:
    # With the rights of who calls it: each of its statements sees what the settings before it let
    # it see, as if they came one by one.
    op.execute("""
        CREATE FUNCTION enter_shop(
            the_shop uuid, the_person uuid, sign_in uuid, OUT role text, OUT holds boolean
        )
        LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.person_id', the_person::text, true);
            SELECT s.role INTO role FROM public.staff s
                WHERE s.shop_id = the_shop AND s.person_id = the_person;
            holds := EXISTS (SELECT FROM public.refresh_token t
                WHERE t.family_id = sign_in AND t.revoked_at IS NULL);
            IF holds AND role IS NOT NULL THEN
                PERFORM set_config('app.shop_id', the_shop::text, true);
            END IF;
        END $$
    """)


def downgrade() -> None:
    op.execute("DROP FUNCTION enter_shop(uuid, uuid, uuid)")
