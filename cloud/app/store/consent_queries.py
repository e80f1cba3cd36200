"""Consent: what holds now, and what an import says about it."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, exists, or_, select, text
from sqlalchemy.orm import Session, aliased

from cloud.app.store.consents import ConsentEvent
from cloud.app.store.people import Membership

# What anybody said before is truer than an import, and a withdrawal counts for everybody who has
# this number or address.
_GRANT_BY_IMPORT = text("""
    INSERT INTO consent_event (
        shop_id, id, membership_id, channel, purpose, action, source, evidence, import_id,
        created_by, created_at
    )
    SELECT :shop_id, gen_random_uuid(), m.id, c.channel, 'marketing', 'grant', 'import', :evidence,
        :import_id, :created_by, :agreed_at
    FROM membership m CROSS JOIN unnest(CAST(:channels AS text[])) AS c (channel)
    WHERE m.shop_id = :shop_id
        AND CASE c.channel WHEN 'email' THEN m.email IS NOT NULL ELSE m.phone IS NOT NULL END
        AND (m.import_id = :import_id OR m.id IN (
            SELECT membership_id FROM purchase
            WHERE shop_id = :shop_id AND import_id = :import_id))
        AND m.id <> ALL(CAST(:except_for AS uuid[]))
        AND NOT EXISTS (
            SELECT FROM consent_event e
            WHERE e.shop_id = :shop_id AND e.membership_id = m.id
                AND e.channel = c.channel AND e.purpose = 'marketing')
        AND NOT EXISTS (
            SELECT FROM consent_event e JOIN membership o
                ON o.shop_id = e.shop_id AND o.id = e.membership_id
            WHERE e.shop_id = :shop_id AND e.action = 'withdraw' AND e.purpose = 'marketing'
                AND e.channel = c.channel AND (o.phone = m.phone OR o.email = m.email))
""")

# A withdrawal wins over an import also when the two stood at two records of one person. It is said
# again at the record that goes, and returns with it when the two are made two again.
_KEEP_WITHDRAWALS = text("""
    WITH latest AS (
        SELECT DISTINCT ON (membership_id, channel, purpose) *
        FROM consent_event
        WHERE shop_id = :shop_id AND membership_id IN (:duplicate_id, :survivor_id)
        ORDER BY membership_id, channel, purpose, created_at DESC
    )
    INSERT INTO consent_event (
        shop_id, id, membership_id, channel, purpose, action, source, evidence, created_by
    )
    SELECT :shop_id, gen_random_uuid(), gone.membership_id, gone.channel, gone.purpose, 'withdraw',
        'owner', 'merged: this record of the same person had withdrawn', :by
    FROM latest gone JOIN latest kept USING (channel, purpose)
    WHERE gone.membership_id = :duplicate_id AND gone.action = 'withdraw'
        AND kept.membership_id = :survivor_id AND kept.action = 'grant'
        AND kept.source = 'import'
""")


def consent_events(
    session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID
) -> Sequence[ConsentEvent] | None:
    """Return every event of a customer, the newest first; None without such a customer."""
    of_member = and_(
        ConsentEvent.shop_id == Membership.shop_id, ConsentEvent.membership_id == Membership.id
    )
    rows = session.execute(
        select(Membership.id, ConsentEvent)
        .outerjoin(ConsentEvent, of_member)
        .where(Membership.shop_id == shop_id, Membership.id == membership_id)
        .order_by(ConsentEvent.created_at.desc(), ConsentEvent.id)
    ).all()
    return [event for _, event in rows if event] if rows else None


def is_reachable() -> ColumnElement[bool]:
    """Tell of a Membership whether it may get offers on some channel, and has what that needs."""
    granted = Membership.granted
    return or_(
        granted.overlap(["sms", "whatsapp"]) & Membership.phone.is_not(None),
        granted.contains(["email"]) & Membership.email.is_not(None),
        granted.contains(["push"]) & Membership.person_id.is_not(None),
    )


def grant_by_import(
    session: Session,
    shop_id: uuid.UUID,
    import_id: uuid.UUID,
    *,
    channels: Sequence[str],
    evidence: str,
    created_by: uuid.UUID | None,
    agreed_at: dt.datetime,
    except_for: Collection[uuid.UUID],
) -> None:
    """Note that the customers of an import agreed, where nobody has said anything else, but for
    some."""
    values = {
        "shop_id": shop_id, "import_id": import_id, "channels": list(channels),
        "evidence": evidence, "created_by": created_by, "agreed_at": agreed_at,
        "except_for": list(except_for),
    }  # fmt: skip
    session.execute(_GRANT_BY_IMPORT, values)


def keep_withdrawals(
    session: Session,
    shop_id: uuid.UUID,
    duplicate_id: uuid.UUID,
    survivor_id: uuid.UUID,
    by: uuid.UUID,
) -> None:
    """Let what the duplicate withdrew stay withdrawn where only an import says otherwise."""
    values = {
        "shop_id": shop_id, "duplicate_id": duplicate_id, "survivor_id": survivor_id, "by": by
    }  # fmt: skip
    session.execute(_KEEP_WITHDRAWALS, values)


def grants_that_win(survivor_id: uuid.UUID) -> ColumnElement[bool]:
    """Tell of an event whether it may be the survivor's too: no import's, against a withdrawal."""
    said = aliased(ConsentEvent)
    withdrawn = exists().where(
        said.shop_id == ConsentEvent.shop_id,
        said.membership_id == survivor_id,
        said.channel == ConsentEvent.channel,
        said.purpose == ConsentEvent.purpose,
        said.action == "withdraw",
    )
    return or_(ConsentEvent.source != "import", ConsentEvent.action != "grant", ~withdrawn)
