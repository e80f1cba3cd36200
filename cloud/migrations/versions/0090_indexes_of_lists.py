"""Lists of customers read an index: one for each order in which they are asked for."""

from alembic import op

revision = "0090"
down_revision = "0089"

# As in `customer_queries`: customers without a score stand behind all that have one.
SCORE_ORDERS = {
    "value_at_risk": "coalesce(revenue_at_risk_minor, -1)",
    "churn": "coalesce(churn_probability, -1)",
    "clv": "coalesce(clv_minor, -1)",
}
MEMBER_ORDERS = {
    "visits": "visits",
    "spent": "spent_minor",
    "name": "lower(coalesce(name, reference, ''))",
}


def upgrade() -> None:
    for name, key in SCORE_ORDERS.items():
        op.execute(f"CREATE INDEX ix_score_{name} ON score (shop_id, ({key}), membership_id)")
    op.execute("""
        CREATE INDEX ix_score_action ON score
        (shop_id, (coalesce(action_value_minor, 0)), membership_id) WHERE action IS NOT NULL
    """)
    for name, key in MEMBER_ORDERS.items():
        op.execute(f"CREATE INDEX ix_membership_{name} ON membership (shop_id, ({key}), id)")
    # What a search looks through, made small once. No text that is searched for has a line break,
    # so none is found across two fields.
    op.execute(r"""
        ALTER TABLE membership ADD COLUMN searched text GENERATED ALWAYS AS (lower(
            coalesce(reference, '') || E'\n' || coalesce(name, '') || E'\n'
            || coalesce(phone, '') || E'\n' || coalesce(email, ''))) STORED
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE membership DROP COLUMN searched")
    for name in reversed(MEMBER_ORDERS):
        op.execute(f"DROP INDEX ix_membership_{name}")
    op.execute("DROP INDEX ix_score_action")
    for name in reversed(SCORE_ORDERS):
        op.execute(f"DROP INDEX ix_score_{name}")
