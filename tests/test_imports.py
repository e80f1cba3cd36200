"""Who may import whom. Change this only together with a note in docs/decisions/."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

STANDARD = frozenset(sys.stdlib_module_names)

# first matching prefix wins; what a module may import of ours
OURS = ("wire", "cloud", "edge", "simulators", "tools", "benchmarks", "tests", "shopbell")
MAY_IMPORT = {
    "wire": ("wire",),
    "cloud.ml": ("cloud.ml",),
    "cloud.app.domain": ("cloud.app.domain",),
    "cloud.app.settings": (),
    "cloud.app.logs": (),
    "cloud.app.store": ("cloud.app.store", "cloud.app.domain", "cloud.app.settings"),
    "cloud.app.services": (
        "cloud.app.services",
        "cloud.app.store",
        "cloud.app.domain",
        "cloud.app.settings",
        "wire",
    ),
    "cloud.app.ingest": (
        "cloud.app.ingest",
        "cloud.app.services",
        "cloud.app.store",
        "cloud.app.domain",
        "cloud.app.logs",
        "cloud.app.settings",
        "wire",
    ),
    # the part of the HTTP door that answers with pages
    "cloud.app.web": (
        "cloud.app.web",
        "cloud.app.api",
        "cloud.app.services",
        "cloud.app.store",
        "cloud.app.domain",
    ),
    "cloud.app.api": (
        "cloud.app.api",
        "cloud.app.web",
        "cloud.app.services",
        "cloud.app.store",
        "cloud.app.domain",
        "cloud.app.logs",
        "cloud.app.settings",
    ),
    "cloud.app.jobs": (
        "cloud.app.jobs",
        "cloud.app.services",
        "cloud.app.store",
        "cloud.app.domain",
        "cloud.app.logs",
        "cloud.app.settings",
        "cloud.ml",
        "wire",
    ),
    "simulators": ("simulators", "wire", "edge.tools.firmware"),
    "edge.tools": ("edge.tools", "wire"),
}

# pure, without I/O: see docs/decisions/0003-pure-libraries-in-the-domain.md
DOMAIN_LIBRARIES = frozenset({"charset_normalizer", "opening_hours", "phonenumbers"})

# rooms that must do without a library
WITHOUT = {
    "cloud.app.store": ("flask", "flask_sqlalchemy"),
    "cloud.app.services": ("flask", "flask_sqlalchemy", "sklearn", "pandas"),
    "cloud.app.ingest": ("flask", "sklearn", "pandas"),
    "cloud.app.api": ("sklearn", "pandas", "paho"),
    "cloud.ml": ("flask", "sqlalchemy", "psycopg", "psycopg2"),
}


def modules() -> Iterator[tuple[str, Path]]:
    for top in ("wire", "cloud", "edge/tools", "simulators"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "node_modules" in parts or "migrations" in parts:
                continue
            if parts[:3] == ("simulators", "board", "modules"):
                continue  # runs on MicroPython, under the names of its modules
            yield ".".join(parts).removesuffix(".__init__"), path


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_below(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: str(value))
def test_a_module_imports_only_what_its_room_may(name: str, path: Path) -> None:
    room = next((room for room in MAY_IMPORT if is_below(name, room)), None)
    if room is None:
        assert path.name == "__init__.py", f"{name} is in no room"
        assert path.read_text().strip() == ""
        return
    ours = {found for found in imports_of(path) if found.split(".")[0] in OURS}
    strange = {
        found for found in ours if not any(is_below(found, may) for may in MAY_IMPORT[room])
        and not any(is_below(may, found) for may in MAY_IMPORT[room])
    }  # fmt: skip
    assert strange == set()
    unwanted = {
        found for found in imports_of(path) for lib in WITHOUT.get(room, ()) if is_below(found, lib)
    }
    assert unwanted == set()


def test_domain_imports_the_standard_library_and_pure_libraries() -> None:
    allowed = STANDARD | {"cloud"} | DOMAIN_LIBRARIES
    for name, path in modules():
        if is_below(name, "cloud.app.domain"):
            strange = {found for found in imports_of(path) if found.split(".")[0] not in allowed}
            assert strange == set(), name


def test_wire_imports_json_only() -> None:
    for name, path in modules():
        if is_below(name, "wire"):
            assert {found.split(".")[0] for found in imports_of(path)} <= {"json", "wire"}, name


@pytest.mark.parametrize(
    ("entry", "unwanted"),
    [
        ("cloud.app.ingest.main", {"flask", "sklearn", "pandas"}),
        ("cloud.app.api.app", {"sklearn", "pandas", "scipy"}),
        ("cloud.app.jobs.analyse", {"flask", "sqlalchemy", "paho"}),
        ("edge.tools.cli", {"flask", "pandas", "sqlalchemy"}),
    ],
)
def test_a_process_does_not_load_what_it_does_not_need(entry: str, unwanted: set[str]) -> None:
    code = f"import json, sys, {entry}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded & unwanted == set()
