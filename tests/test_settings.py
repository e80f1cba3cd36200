"""Settings are read once; secrets come from the environment or a file, and none is there before."""

from pathlib import Path

import pytest

from cloud.app.settings import SettingError, from_environment

SECRET = "a secret of thirty-two characters"
LEAST = {
    "SHOPBELL_DATABASE_URL": "postgresql://owner@127.0.0.1/shopbell",
    "SHOPBELL_DATABASE_ROLE_PASSWORD": SECRET,
    "SHOPBELL_SECRET_KEY": SECRET,
}


@pytest.mark.parametrize("name", LEAST)
def test_no_secret_has_a_default(name: str) -> None:
    environment = {key: value for key, value in LEAST.items() if key != name}
    with pytest.raises(SettingError, match=f"^{name}.*: expected .+, got nothing$"):
        from_environment(environment)


def test_what_is_optional_is_nothing_and_a_cookie_is_secure_unless_somebody_says_otherwise() -> (
    None
):
    settings = from_environment(LEAST)
    secrets = ("database_owner_password", "mqtt_password", "mqtt_admin_password", "smtp_url")
    assert [getattr(settings, name) for name in secrets] == [None] * 4
    assert settings.cookie_secure is True
    assert settings.trusted_proxies == 0
    assert from_environment({**LEAST, "SHOPBELL_COOKIE_SECURE": "False"}).cookie_secure is False


@pytest.mark.parametrize("name", LEAST)
def test_a_secret_is_read_from_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{LEAST[name]}\n")
    environment = {key: value for key, value in LEAST.items() if key != name}
    assert from_environment({**environment, f"{name}_FILE": str(file)}) == from_environment(LEAST)
    missing = {**environment, f"{name}_FILE": str(tmp_path / "none")}
    with pytest.raises(SettingError, match=f"{name}_FILE: expected a readable file, got No such"):
        from_environment(missing)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "hunter2", "expected 32 characters or more, got 7 characters"),
        ("DATABASE_ROLE_PASSWORD", "", "expected 32 characters or more, got 0 characters"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d", "expected postgresql://…, got mysql://…"),
        ("DATABASE_URL", "hunter2", "expected postgresql://host:port/name, got no address"),
        ("COOKIE_SECURE", "maybe", "expected true or false, got 'maybe'"),
        ("COOKIE_SECURE", "", "expected true or false, got ''"),
        ("PORT", "0", "expected 1..65535, got '0'"),
        ("MQTT_PORT", "mqtt", "expected 1..65535, got 'mqtt'"),
        ("UPLOAD_MAX_BYTES", "-1", "expected a whole number above 0, got '-1'"),
        ("TRUSTED_PROXIES", "all", "expected 0..10, got 'all'"),
        ("JOBS_BACKEND", "celery", "expected loky, loky:PROCESSES or dask:tcp://HOST:PORT"),
    ],
)
def test_a_wrong_setting_is_named_with_expected_and_found_and_without_a_secret(
    name: str, value: str, said: str
) -> None:
    with pytest.raises(SettingError) as refused:
        from_environment({**LEAST, f"SHOPBELL_{name}": value})
    message = str(refused.value)
    assert message.startswith(f"SHOPBELL_{name}")
    assert said in message
    assert "hunter2" not in message
