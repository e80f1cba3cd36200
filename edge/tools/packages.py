"""MicroPython packages from PyPI, which pip cannot install: fetched by checksum, kept in var/."""

import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from urllib.request import getproxies

import requests
from pypi_simple import PYPI_SIMPLE_ENDPOINT, PyPISimple

# where a company's or a distribution's certificates are named for pip; requests knows one only
CA_SETTINGS = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

CACHE = Path(__file__).resolve().parents[2] / "var" / "edge" / "packages"


@dataclass(frozen=True)
class Package:
    """One archive and the one module of it that we use."""

    project: str
    version: str
    sha256: str
    module: str


UMQTT_SIMPLE = Package(
    "micropython-umqtt.simple",
    "1.3.4",
    "b6a2520239e3992c63a7de9370ee9b3d9d27819a90359c521f1c0f7ccab8d12f",
    "umqtt/simple.py",
)
# Only for the tests that run on MicroPython.
UNITTEST = Package(
    "micropython-unittest",
    "0.4",
    "83b4a65c44b2f6382bc3dd8fbbe002b5679dbfc3744b99eaa59802e6fd14cf67",
    "unittest.py",
)


class PackageError(Exception):
    """An archive could not be had, or is not the one whose checksum we know."""


def module_path(package: Package) -> Path:
    """Return the path of the package's module, fetched on first use."""
    root = CACHE / f"{package.project}-{package.version}-{package.sha256[:12]}"
    module = root / package.module
    if not module.exists():
        _extract(_fetch(package), package, module)
    return module


def _fetch(package: Package) -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    archive = CACHE / f"{package.project}-{package.version}.{os.getpid()}.tar.gz"
    endpoint = os.environ.get("PIP_INDEX_URL", PYPI_SIMPLE_ENDPOINT)
    try:
        with PyPISimple(endpoint, session=_session()) as index:
            for found in index.get_project_page(package.project).packages:
                if found.digests.get("sha256") == package.sha256:
                    index.download_package(found, archive, verify=True)
                    return archive
    except requests.RequestException as error:
        raise PackageError(
            f"{package.project} {package.version}: expected to fetch it from the package index,"
            f" got {type(error).__name__}: {error}"
        ) from error
    raise PackageError(
        f"{package.project} {package.version}: expected an archive with sha256 {package.sha256},"
        " found none in the index"
    )


def _session() -> requests.Session:
    session = requests.Session()
    bundle = next((os.environ[name] for name in CA_SETTINGS if os.environ.get(name)), None)
    if bundle is not None:
        session.verify = bundle
        session.trust_env = False  # it would put its own bundle in the place of ours
        session.proxies = getproxies()
    return session


def _extract(archive: Path, package: Package, module: Path) -> None:
    # only the module that we use, and beside its final name: two tests may fetch at the same time
    with tarfile.open(archive) as tar:
        content = tar.extractfile(f"{package.project}-{package.version}/{package.module}")
        if content is None:
            raise PackageError(f"{package.project}: expected {package.module} in the archive")
        text = content.read()
    module.parent.mkdir(parents=True, exist_ok=True)
    temporary = module.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(text)
    temporary.replace(module)
    archive.unlink()


if __name__ == "__main__":
    module_path(UMQTT_SIMPLE)
