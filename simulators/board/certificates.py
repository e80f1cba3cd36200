"""A certificate authority for tests and demos: ECDSA P-256, made anew each time, by `openssl`."""

import ssl
import subprocess
from pathlib import Path


class Authority:
    """A CA in a folder, and the certificates that it signs there."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder = folder
        self._key = folder / f"{name}.key"
        self.pem = folder / f"{name}.pem"
        self.der = folder / f"{name}.der"
        _make_key(self._key)
        subject = f"/CN=Shopbell test {name}"
        _openssl(
            "req",
            "-x509",
            "-new",
            "-key",
            self._key,
            "-days",
            "30",
            "-subj",
            subject,
            "-out",
            self.pem,
        )
        self.der.write_bytes(ssl.PEM_cert_to_DER_cert(self.pem.read_text()))

    def issue(self, host: str, name: str, days: int = 30) -> tuple[Path, Path]:
        """Return (certificate, key) for a host; negative days make one that has expired."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate, extension = self.folder / f"{name}.pem", self.folder / f"{name}.ext"
        _make_key(key)
        extension.write_text(f"subjectAltName=DNS:{host}\n")
        _openssl("req", "-new", "-key", key, "-subj", f"/CN={host}", "-out", request)
        signing: list[str | Path] = [
            "-CA",
            self.pem,
            "-CAkey",
            self._key,
            "-CAcreateserial",
            "-days",
            str(days),
        ]
        _openssl(
            "x509", "-req", "-in", request, *signing, "-extfile", extension, "-out", certificate
        )
        return certificate, key


def _make_key(path: Path) -> None:
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
