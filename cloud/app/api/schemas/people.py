"""Accounts, sign-ins, and the person who is signed in."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, Schema, Text
from cloud.app.api.schemas.shops import ROLES

PASSWORD_MIN_LENGTH = 8
TRANSPORTS = ("cookie", "body")


class Transport(Schema):
    """How the refresh token travels."""

    transport = fields.String(
        load_default="cookie",
        validate=validate.OneOf(TRANSPORTS, error="Must be one of {choices}."),
        metadata={"description": "`cookie` for browsers, `body` for programs"},
    )


def _password() -> fields.String:
    length = validate.Length(
        PASSWORD_MIN_LENGTH, 200, error="Must be a password of {min} to {max} characters."
    )
    return fields.String(required=True, load_only=True, validate=length)


class Registration(Transport):
    """A new account; an email address, a phone number, or both."""

    name = Text(100, required=True)
    email = Text(254, load_default=None, allow_none=True)
    phone = Text(40, load_default=None, allow_none=True)
    password = _password()


class SignIn(Transport):
    """Login is the email address or the phone number with its country."""

    login = Text(254, required=True)
    password = fields.String(required=True, load_only=True, validate=validate.Length(1, 200))


class Renewal(Schema):
    """A browser sends an empty object and its cookie."""

    refresh_token = fields.String(load_default=None, validate=validate.Length(1, 4000))


class Person(Schema):
    """A login, owned by that person."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    verified = fields.List(
        fields.String(validate=validate.OneOf(("email", "phone"))),
        required=True,
        metadata={
            "description": "which of the two are proven by a code; the others are claims",
            "example": ["email"],
        },
    )


class Tokens(Schema):
    """An access token; the refresh token only where the body carries it."""

    access_token = fields.String(required=True)
    expires_in_s = fields.Integer(required=True)
    refresh_token = fields.String()


class SignedIn(Tokens):
    """The person and the tokens."""

    person = fields.Nested(Person, required=True)


class MyShop(Schema):
    """A shop that the person works for."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    currency = fields.String(required=True)
    time_zone = fields.String(required=True)


class Me(Schema):
    """Who is signed in, the shops they work for, and what else they may see."""

    person = fields.Nested(Person, required=True)
    shops = fields.List(fields.Nested(MyShop), required=True)
    is_customer = fields.Boolean(required=True)
    is_admin = fields.Boolean(
        required=True, metadata={"description": "whether they look after the installation"}
    )


class SignInSession(Schema):
    """A device on which one is signed in."""

    id = fields.UUID(required=True)
    user_agent = fields.String(required=True, allow_none=True)
    began_at = Moment(required=True)
    renewed_at = Moment(required=True)
    expires_at = Moment(required=True)
    is_current = fields.Boolean(required=True)


class Sessions(Schema):
    """Every device on which one is signed in."""

    items = fields.List(fields.Nested(SignInSession), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class CodeRequest(Schema):
    """Where to send a code: an email address, or a phone number with its country."""

    contact = Text(254, required=True)


class ContactProof(CodeRequest):
    """The contact, and the code that was sent to it."""

    code = fields.String(
        required=True,
        load_only=True,
        validate=validate.Length(1, 20),
        metadata={"example": "482193"},
    )


class CodeSignIn(ContactProof, Transport):
    """The contact with its code; the name of who is new."""

    name = Text(100, load_default=None, allow_none=True)


class ResetRequest(Schema):
    """Whose password is forgotten."""

    login = Text(254, required=True)


class Asked(Schema):
    """Nothing: the answer is the same for everybody."""


class NewPassword(Schema):
    """The code of the link, and the password to be."""

    code = fields.String(required=True, load_only=True, validate=validate.Length(1, 200))
    password = _password()
