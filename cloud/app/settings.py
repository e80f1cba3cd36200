"""All settings, read once from the environment; NAME_FILE names a file that holds a secret."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

SECRET_MIN_LENGTH = 32
PROXIES_MAX = 10
JOBS_BACKEND = re.compile(r"loky(:[1-9]\d*)?|dask:(tcp|tls)://\S+")


class SettingError(Exception):
    """A setting is missing or wrong; the text names the variable, what was expected and found."""


@dataclass(frozen=True)
class Settings:
    """What differs between installations. Every field is described in docs/settings.md."""

    database_url: URL
    database_owner_password: str | None
    database_role_password: str
    secret_key: str
    mqtt_host: str
    mqtt_port: int
    mqtt_username: str | None
    mqtt_password: str | None
    mqtt_ca_file: Path | None
    mqtt_public_host: str
    mqtt_public_port: int
    mqtt_public_ca_file: Path | None
    mqtt_admin_username: str | None
    mqtt_admin_password: str | None
    host: str
    port: int
    public_url: str
    upload_max_bytes: int
    upload_within_s: int
    web_dir: Path
    cookie_secure: bool
    smtp_url: str | None
    smtp_from: str | None
    trusted_proxies: int
    event_retention_months: int
    metrics_port: int | None
    jobs_backend: str
    api_metrics_port: int | None

    @property
    def owner_url(self) -> URL:
        """The database's address for its owner, who runs the migrations."""
        if self.database_owner_password is None:
            return self.database_url
        return self.database_url.set(password=self.database_owner_password)

    def database_url_for(self, role: str) -> URL:
        """Return the database's address for one of the restricted roles."""
        return self.database_url.set(username=role, password=self.database_role_password)


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read every setting; raise SettingError for the first that is missing or wrong."""
    return Settings(
        database_url=_database_url(environ),
        database_owner_password=_optional_secret(environ, "SHOPBELL_DATABASE_OWNER_PASSWORD"),
        database_role_password=_secret(environ, "SHOPBELL_DATABASE_ROLE_PASSWORD"),
        secret_key=_secret(environ, "SHOPBELL_SECRET_KEY"),
        mqtt_host=environ.get("SHOPBELL_MQTT_HOST", "127.0.0.1"),
        mqtt_port=_port(environ, "SHOPBELL_MQTT_PORT", 1883),
        mqtt_username=environ.get("SHOPBELL_MQTT_USERNAME"),
        mqtt_password=_optional_secret(environ, "SHOPBELL_MQTT_PASSWORD"),
        mqtt_ca_file=_optional_path(environ, "SHOPBELL_MQTT_CA_FILE"),
        mqtt_public_host=environ.get(
            "SHOPBELL_MQTT_PUBLIC_HOST", environ.get("SHOPBELL_MQTT_HOST", "127.0.0.1")
        ),
        mqtt_public_port=_port(
            environ, "SHOPBELL_MQTT_PUBLIC_PORT", _port(environ, "SHOPBELL_MQTT_PORT", 1883)
        ),
        mqtt_public_ca_file=_optional_path(environ, "SHOPBELL_MQTT_PUBLIC_CA_FILE"),
        mqtt_admin_username=environ.get("SHOPBELL_MQTT_ADMIN_USERNAME"),
        mqtt_admin_password=_optional_secret(environ, "SHOPBELL_MQTT_ADMIN_PASSWORD"),
        host=environ.get("SHOPBELL_HOST", "127.0.0.1"),
        port=_port(environ, "SHOPBELL_PORT", 8000),
        public_url=environ.get("SHOPBELL_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        upload_max_bytes=_positive(environ, "SHOPBELL_UPLOAD_MAX_BYTES", 64 * 1024 * 1024),
        # 64 MB at 2 Mbit/s take 270 s
        upload_within_s=_positive(environ, "SHOPBELL_UPLOAD_WITHIN_S", 300),
        web_dir=Path(environ.get("SHOPBELL_WEB_DIR", "cloud/web/dist")).resolve(),
        cookie_secure=_boolean(environ, "SHOPBELL_COOKIE_SECURE", True),
        smtp_url=_optional_secret(environ, "SHOPBELL_SMTP_URL"),
        smtp_from=environ.get("SHOPBELL_SMTP_FROM"),
        trusted_proxies=_count(environ, "SHOPBELL_TRUSTED_PROXIES"),
        event_retention_months=_positive(environ, "SHOPBELL_EVENT_RETENTION_MONTHS", 25),
        metrics_port=_optional_port(environ, "SHOPBELL_METRICS_PORT"),
        jobs_backend=_jobs_backend(environ, "SHOPBELL_JOBS_BACKEND"),
        api_metrics_port=_optional_port(environ, "SHOPBELL_API_METRICS_PORT"),
    )


def _database_url(environ: Mapping[str, str]) -> URL:
    text = _optional_secret(environ, "SHOPBELL_DATABASE_URL")
    expected = "SHOPBELL_DATABASE_URL: expected postgresql://host:port/name, got"
    if not text:
        raise SettingError(f"{expected} nothing")
    try:
        url = make_url(text)
    except ArgumentError:
        raise SettingError(f"{expected} no address") from None
    if url.get_backend_name() != "postgresql":
        raise SettingError(
            f"SHOPBELL_DATABASE_URL: expected postgresql://…, got {url.get_backend_name()}://…"
        )
    return url.set(drivername="postgresql+psycopg2")


def _secret(environ: Mapping[str, str], name: str) -> str:
    value = _optional_secret(environ, name)
    if value is None or len(value) < SECRET_MIN_LENGTH:
        found = "nothing" if value is None else f"{len(value)} characters"
        raise SettingError(
            f"{name} or {name}_FILE: expected {SECRET_MIN_LENGTH} characters or more, got {found}"
        )
    return value


def _optional_secret(environ: Mapping[str, str], name: str) -> str | None:
    file = environ.get(f"{name}_FILE")
    if file is None:
        return environ.get(name)
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SettingError(f"{name}_FILE: expected a readable file, got {error.strerror}") from None


def _optional_path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    return Path(value) if value else None


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise SettingError(f"{name}: expected 1..65535, got {text!r}")
    return int(text)


def _optional_port(environ: Mapping[str, str], name: str) -> int | None:
    return _port(environ, name, 0) if environ.get(name) else None


def _positive(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise SettingError(f"{name}: expected a whole number above 0, got {text!r}")
    return int(text)


def _count(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name, "0")
    if not text.isdecimal() or int(text) > PROXIES_MAX:
        raise SettingError(f"{name}: expected 0..{PROXIES_MAX}, got {text!r}")
    return int(text)


def _jobs_backend(environ: Mapping[str, str], name: str) -> str:
    text = environ.get(name, "loky")
    if not JOBS_BACKEND.fullmatch(text):
        raise SettingError(
            f"{name}: expected loky, loky:PROCESSES or dask:tcp://HOST:PORT, got {text!r}"
        )
    return text


def _boolean(environ: Mapping[str, str], name: str, default: bool) -> bool:
    text = environ.get(name, str(default)).lower()
    if text not in ("true", "false"):
        raise SettingError(f"{name}: expected true or false, got {text!r}")
    return text == "true"
