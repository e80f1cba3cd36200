"""The broker's certificate authority and certificate: ECDSA P-256, made by `openssl`.

The authority is the installation's own: boards carry its certificate, which is made once and lasts
as long as they do. The broker's certificate is renewed without touching a board, because boards
check only who signed it and for which name.
"""

import contextlib
import datetime as dt
import ipaddress
import os
import shutil
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

AUTHORITY_DAYS = 20 * 365
# no client refuses certificates of at most this length for being too long
CERTIFICATE_DAYS = 397
RENEW_BEFORE = dt.timedelta(days=60)


class CertificateError(Exception):
    """A certificate cannot be made; the text says what was expected and what was found."""


@dataclass(frozen=True)
class Certificates:
    """The files of a folder. Keys are readable by their owner only."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate that boards and programs check the broker's against."""
        return self.folder / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """Whoever has it can pretend to be the broker."""
        return self.folder / "ca.key"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"


def keep_certificates(files: Certificates, names: Sequence[str], now: dt.datetime) -> bool:
    """Make what is missing, and renew the broker's certificate when its end is near or its names
    are others; tell whether it is a new one. Raises CertificateError."""
    if not files.authority.exists():
        _make_authority(files)
    if files.certificate.exists() and _is_good(files.certificate, names, now):
        return False
    _make_certificate(files, names)
    return True


def expires_at(certificate: Path) -> dt.datetime:
    """Return when a certificate ends."""
    ends = _openssl("x509", "-in", certificate, "-noout", "-enddate").partition("=")[2].strip()
    return dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), dt.UTC)


def _is_good(certificate: Path, names: Sequence[str], now: dt.datetime) -> bool:
    shown = _openssl("x509", "-in", certificate, "-noout", "-ext", "subjectAltName")
    found = {
        entry.replace("IP Address:", "IP:").strip()
        for line in shown.splitlines()[1:]
        for entry in line.split(",")
    }
    return found == set(_entries(names)) and expires_at(certificate) - now > RENEW_BEFORE


def _make_authority(files: Certificates) -> None:
    _make_key(files.authority_key)
    _openssl(
        "req", "-x509", "-new", "-sha256", "-days", AUTHORITY_DAYS,
        "-key", files.authority_key, "-subj", "/CN=Shopbell broker CA", "-out", files.authority,
        "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip


def _make_certificate(files: Certificates, names: Sequence[str]) -> None:
    new_key, new = files.key.with_suffix(".new-key"), files.certificate.with_suffix(".new")
    request, extensions = files.folder / "server.csr", files.folder / "server.ext"
    _make_key(new_key)
    extensions.write_text(
        f"subjectAltName={','.join(_entries(names))}\n"
        "basicConstraints=critical,CA:FALSE\n"
        "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
    )
    _openssl("req", "-new", "-key", new_key, "-subj", f"/CN={names[0][:64]}", "-out", request)
    _openssl(
        "x509", "-req", "-sha256", "-days", CERTIFICATE_DAYS, "-in", request, "-out", new,
        "-CA", files.authority, "-CAkey", files.authority_key, "-extfile", extensions,
        # a number of its own: no two certificates of this authority share one
        "-set_serial", f"0x{os.urandom(16).hex()}",
    )  # fmt: skip
    # both are whole before either is used
    new_key.replace(files.key)
    new.replace(files.certificate)
    for file in (request, extensions):
        file.unlink()


def _entries(names: Sequence[str]) -> list[str]:
    return [_entry(name) for name in names]


def _entry(name: str) -> str:
    with contextlib.suppress(ValueError):
        return f"IP:{ipaddress.ip_address(name)}"
    return f"DNS:{name}"


def _make_key(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    curve = "ec_paramgen_curve:P-256"
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out", path)


def _openssl(*arguments: str | int | Path) -> str:
    program = shutil.which("openssl")
    if program is None:
        raise CertificateError("expected the program openssl, found none: apt install openssl")
    done = subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise CertificateError(f"openssl {arguments[0]}: expected success, got: {said[-1]}")
    return done.stdout
