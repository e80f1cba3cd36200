"""What was predicted is kept, who moved is logged, and each run leaves its insights."""

from alembic import op

revision = "0060"
down_revision = "0051"

TABLES = ("prediction", "score_move", "insight", "tier_reward")
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
    op.execute("GRANT SELECT ON prediction, score_move, insight TO shopbell_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON tier_reward TO shopbell_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON prediction, score_move, insight"
               " TO shopbell_jobs")  # fmt: skip
    for column in ("clv_low_minor bigint", "clv_high_minor bigint", "cluster smallint"):
        op.execute(f"ALTER TABLE score ADD COLUMN {column}")


def downgrade() -> None:
    for column in ("cluster", "clv_high_minor", "clv_low_minor"):
        op.drop_column("score", column)
    for table in TABLES:
        op.drop_table(table)


def _tables() -> None:
    op.execute("""
        CREATE TABLE prediction (
            shop_id uuid NOT NULL CONSTRAINT fk_prediction_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            run_id uuid NOT NULL,
            membership_id uuid NOT NULL,
            churn_probability real NOT NULL CONSTRAINT ck_prediction_churn_probability
                CHECK (churn_probability BETWEEN 0 AND 1),
            clv_minor bigint,
            CONSTRAINT pk_prediction PRIMARY KEY (shop_id, run_id, membership_id),
            CONSTRAINT fk_prediction_shop_id_run_id_score_run
                FOREIGN KEY (shop_id, run_id) REFERENCES score_run (shop_id, id) ON DELETE CASCADE,
            CONSTRAINT fk_prediction_shop_id_membership_id_membership
                FOREIGN KEY (shop_id, membership_id) REFERENCES membership (shop_id, id)
                ON DELETE CASCADE
        )
    """)
    # the cascade of a customer who is erased
    op.create_index("ix_prediction_member", "prediction", ["shop_id", "membership_id"])
    op.execute("""
        CREATE TABLE score_move (
            shop_id uuid NOT NULL CONSTRAINT fk_score_move_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            membership_id uuid NOT NULL,
            moved_on date NOT NULL,
            kind text NOT NULL CONSTRAINT ck_score_move_kind
                CHECK (kind IN ('segment', 'tier', 'risk')),
            before text,
            after text NOT NULL,
            direction text NOT NULL CONSTRAINT ck_score_move_direction
                CHECK (direction IN ('new', 'changed', 'up', 'down')),
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_score_move PRIMARY KEY (shop_id, id),
            CONSTRAINT fk_score_move_shop_id_membership_id_membership
                FOREIGN KEY (shop_id, membership_id) REFERENCES membership (shop_id, id)
                ON DELETE CASCADE
        )
    """)
    op.create_index("ix_score_move_time", "score_move", ["shop_id", "created_at", "id"])
    op.create_index("ix_score_move_member", "score_move", ["shop_id", "membership_id"])
    op.execute("""
        CREATE TABLE insight (
            shop_id uuid NOT NULL CONSTRAINT fk_insight_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            kind text NOT NULL,
            as_of date NOT NULL,
            content jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_insight PRIMARY KEY (shop_id, kind)
        )
    """)
    op.execute("""
        CREATE TABLE tier_reward (
            shop_id uuid NOT NULL CONSTRAINT fk_tier_reward_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            tier text NOT NULL CONSTRAINT ck_tier_reward_tier
                CHECK (tier IN ('Platinum', 'Gold', 'Silver', 'Bronze')),
            reward text NOT NULL,
            CONSTRAINT pk_tier_reward PRIMARY KEY (shop_id, tier)
        )
    """)
