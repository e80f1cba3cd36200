"""Our errors, raised where the rule is and translated once at each door.

ShopbellError
├── NotFound    the thing does not exist, or not for the one who asks
├── Gone        the thing was here, and its owner has ended it
├── SignedOut   who asks is not signed in any more
├── Forbidden   it exists and the role does not allow this
├── Conflict    it contradicts what is already there
├── Invalid     the input is not acceptable; names the field, expected and found
├── TooOften    asked for too often; waiting helps
└── Unavailable something we depend on does not answer now; trying again can help
"""


class ShopbellError(Exception):
    """Base of all errors that a person can do something about."""


class NotFound(ShopbellError):
    """The thing does not exist, or not for the one who asks."""


class Gone(ShopbellError):
    """The thing was here, and its owner has ended it."""


class SignedOut(ShopbellError):
    """Who asks is not signed in any more."""


class Forbidden(ShopbellError):
    """The thing exists, but the role does not allow this."""


class Conflict(ShopbellError):
    """The request contradicts what is already there."""


class Invalid(ShopbellError):
    """The input is not acceptable."""

    def __init__(self, field: str, expected: str, found: str) -> None:
        self.field = field
        self.expected = expected
        self.found = found
        super().__init__(f"{field}: expected {expected}, got {found}")


class TooOften(ShopbellError):
    """Asked for too often; waiting helps."""


class Unavailable(ShopbellError):
    """Something we depend on does not answer now; trying again can help."""
