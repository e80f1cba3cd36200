"""Codes of six digits that prove who owns an email address or a phone number.

Whoever asks gets the same answer after the same work: no account is looked up when a code is sent.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable

from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.orm import Session

from cloud.app.domain.errors import TooOften
from cloud.app.services.messengers import ON_ITS_WAY
from cloud.app.services.sign_ins import GRACE
from cloud.app.store.contact_codes import ContactCode
from cloud.app.store.roles import act_for

LENGTH = 6
LIFETIME = dt.timedelta(minutes=10)
# a guess at one of a million, five times an hour five times: one in 40,000 for each hour of trying
MAX_TRIES = 5
SENT_PER_HOUR = 5
HOUR = dt.timedelta(hours=1)
WRONG = "this code is wrong, used or too old: ask for a new one"

LANGUAGES = ("en", "de", "hi")
_SUBJECTS = {"en": "Your Shopbell code", "de": "Dein Shopbell-Code", "hi": "आपका Shopbell कोड"}
_TEXTS = {
    "en": "{code} is your Shopbell code. It works for {minutes} minutes. Tell it to nobody.",
    "de": "{code} ist dein Shopbell-Code. Er gilt {minutes} Minuten. Gib ihn niemandem weiter.",
    "hi": "{code} आपका Shopbell कोड है। यह {minutes} मिनट तक चलेगा। इसे किसी को न बताएँ।",
}

Send = Callable[[str, str, str], None]


def send_code(
    session: Session, key: str, send: Send, *, contact: str, language: str, now: dt.datetime
) -> None:
    """Send a code to a normalised contact; it ends the ones before. Raises TooOften.

    Asked again at once, nothing more is sent: two codes, of which one works, would only confuse.
    """
    digest = _digest(key, "contact", contact)
    act_for(session, code=digest)
    # two who ask at once must not both be the last of this hour
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:d, 0))"), {"d": digest})
    of_contact = ContactCode.contact_digest == digest
    if _is_on_its_way(session.scalar(_last(digest)), now):
        return
    session.execute(delete(ContactCode).where(of_contact, ContactCode.created_at <= now - HOUR))
    if (session.scalar(select(func.count(ContactCode.id)).where(of_contact)) or 0) >= SENT_PER_HOUR:
        raise TooOften(
            "too many codes were sent to this contact: wait an hour, or use the last one"
        )
    code = f"{secrets.randbelow(10**LENGTH):0{LENGTH}}"
    session.add(
        ContactCode(
            contact_digest=digest,
            code_digest=_digest(key, digest, code),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    session.flush()
    minutes = int(LIFETIME.total_seconds() // 60)
    send(contact, _SUBJECTS[language], _TEXTS[language].format(code=code, minutes=minutes))


def count_try(session: Session, key: str, *, contact: str) -> None:
    """Count a try at the last code. To be committed by itself, whatever becomes of the request."""
    digest = _digest(key, "contact", contact)
    act_for(session, code=digest)
    last = _last(digest).with_only_columns(ContactCode.id).scalar_subquery()
    session.execute(
        update(ContactCode).where(ContactCode.id == last).values(tries=ContactCode.tries + 1)
    )


def is_proven(session: Session, key: str, *, contact: str, code: str, now: dt.datetime) -> bool:
    """Use a code up, whose try was counted before; tell whether it was right."""
    digest = _digest(key, "contact", contact)
    act_for(session, code=digest)
    sent = session.scalar(_last(digest).with_for_update())
    # as much work when no code was sent
    expected = sent.code_digest if sent else _digest(key, digest, "")
    is_right = hmac.compare_digest(expected, _digest(key, digest, _digits(code)))
    if sent is None or sent.used_at or sent.expires_at <= now or sent.tries > MAX_TRIES:
        return False
    sent.used_at = now if is_right else None
    session.flush()
    return is_right


def was_just_used(session: Session, key: str, *, contact: str, code: str, now: dt.datetime) -> bool:
    """Tell whether a code was right a moment ago: a button was pressed twice, or an answer lost."""
    digest = _digest(key, "contact", contact)
    act_for(session, code=digest)
    sent = session.scalar(_last(digest))
    if sent is None or sent.used_at is None or sent.tries > MAX_TRIES:
        return False
    is_right = hmac.compare_digest(sent.code_digest, _digest(key, digest, _digits(code)))
    return is_right and now - sent.used_at < GRACE


def forget_codes(session: Session, key: str, contact: str) -> None:
    """Forget what was sent to a contact."""
    digest = _digest(key, "contact", contact)
    act_for(session, code=digest)
    session.execute(delete(ContactCode).where(ContactCode.contact_digest == digest))


def _last(digest: str) -> Select[ContactCode]:
    """The last code is the only one that works."""
    return (
        select(ContactCode)
        .where(ContactCode.contact_digest == digest)
        .order_by(ContactCode.created_at.desc())
        .limit(1)
    )


def _is_on_its_way(last: ContactCode | None, now: dt.datetime) -> bool:
    if last is None or last.used_at or last.tries or last.expires_at <= now:
        return False
    return now - last.created_at < ON_ITS_WAY


def _digits(code: str) -> str:
    return code.replace(" ", "").replace("-", "")


def _digest(key: str, purpose: str, plain: str) -> str:
    return hmac.new(key.encode(), f"{purpose}:{plain}".encode(), hashlib.sha256).hexdigest()
