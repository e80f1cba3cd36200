"""Who may see what: the restricted database roles and row-level security.

A transaction says for whom it acts by `act_for`; until then the application's role sees no row of
any table. The settings end with the transaction, so a pooled connection carries nothing over.
"""

import uuid
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

APP = "shopbell_app"
INGEST = "shopbell_ingest"
JOBS = "shopbell_jobs"
ROLES = (APP, INGEST, JOBS)

_SET = text("SELECT set_config('app.' || :name, :value, true)")
_ENTER = text("SELECT role, holds FROM enter_shop(:shop_id, :person_id, :sign_in_id)")


def act_for(
    session: Session,
    *,
    shop_id: uuid.UUID | None = None,
    person_id: uuid.UUID | None = None,
    contact: str | None = None,
    slug: str | None = None,
    code: str | None = None,
    proven_contact: str | None = None,
    platform: bool = False,
) -> None:
    """Say for whom this transaction acts: a shop, a person, or one who only names a contact, a
    public page's slug or the digest of a code, or has proven a contact; or for the
    platform, which a person must be an administrator of. Each call adds to the ones before it."""
    claims = {
        "shop_id": shop_id, "person_id": person_id, "contact": contact, "slug": slug, "code": code,
        "proven_contact": proven_contact, "platform": "on" if platform else None,
    }  # fmt: skip
    for name, value in claims.items():
        if value is not None:
            session.execute(_SET, {"name": name, "value": str(value)})


def enter_shop(
    session: Session, shop_id: uuid.UUID, person_id: uuid.UUID, sign_in_id: uuid.UUID
) -> Row[Any]:
    """Act for a person, and for a shop too if that person works there and the sign-in holds.

    Returns the `role` there, or None, and whether the sign-in `holds`. All by one statement: it
    stands before every request in a shop.
    """
    values = {"shop_id": shop_id, "person_id": person_id, "sign_in_id": sign_in_id}
    return session.execute(_ENTER, values).one()
