"""docker-compose.yml: valid, and each program runs the command that the tests run natively."""

import subprocess
import sys

import yaml
from honcho.environ import parse_procfile

from tests.conftest import repository

COMPOSE = repository() / "docker-compose.yml"


def test_the_file_follows_the_compose_specification() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*checker, COMPOSE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_each_program_runs_the_command_of_the_procfile() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    programs = parse_procfile((repository() / "Procfile").read_text()).processes
    assert {name: services[name]["command"] for name in programs} == dict(programs)


def test_no_secret_stands_in_the_file() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    for service in services.values():
        for name in service.get("environment", {}):
            if "PASSWORD" in name or "SECRET" in name:
                assert name.endswith("_FILE"), name


def test_boards_reach_the_broker_with_tls_only() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    assert services["broker"]["ports"] == ["8883:8883"]
    assert "--tls-port 8883" in services["broker"]["command"]
    told = services["api"]["environment"]
    assert (told["SHOPBELL_MQTT_PUBLIC_PORT"], told["SHOPBELL_MQTT_PUBLIC_CA_FILE"]) == (
        "8883",
        "/broker/ca.pem",
    )
