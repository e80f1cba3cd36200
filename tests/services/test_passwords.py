"""Passwords are hashed as OWASP asks."""

from cloud.app.services.passwords import Passwords


def test_the_default_strength_is_owasps() -> None:
    assert Passwords().hash("secret").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_the_right_password_of_somebody_is_right() -> None:
    passwords = Passwords(time_cost=1, memory_kib=8)
    hashed = passwords.hash("secret")
    assert passwords.is_right(hashed, "secret")
    assert not passwords.is_right(hashed, "Secret")
    assert not passwords.is_right(None, "secret")
    assert not passwords.is_right(None, "nobody")
