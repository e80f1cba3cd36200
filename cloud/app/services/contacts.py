"""Phone numbers and email addresses in the one form in which they are stored and compared."""

import re

import phonenumbers

from cloud.app.domain.errors import Invalid

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def normalised_phone(text: str, country: str | None = None) -> str:
    """Return a number as E.164; a national one is read as the country's. Raises Invalid."""
    expected = "a phone number" if country else "a phone number with its country, such as +49…"
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise Invalid("phone", expected, "another text") from None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise Invalid("phone", expected, "a number of another length")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalised_email(text: str) -> str:
    """Return an address in lower case. Raises Invalid."""
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise Invalid("email", "an address such as asha@example.com", "another text")
    return email


def normalised_contact(text: str) -> str:
    """Return a sign-in name, email or phone, as it is stored. Raises Invalid."""
    return normalised_email(text) if "@" in text else normalised_phone(text)


def kind_of(contact: str) -> str:
    """Tell what a normalised contact is: email or phone."""
    return "email" if "@" in contact else "phone"
