"""Every import contract holds and bites: a planted violation breaks exactly the contract meant for it."""

import configparser
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "ports", "adapters", "entrypoints", "composition")

GUARDED = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import sqlalchemy\n"

# (what is planted, the files, the one contract that must break)
PLANTS = [
    ("an adapter imports the entrypoints", {"adapters/toolkit/planted.py": "import entrypoints"}, "onion"),
    ("a domain file imports a port", {"core/catalogue/planted.py": "import ports.clock"}, "ports"),
    (
        "an adapter calls a use case",
        {"adapters/toolkit/planted.py": "import core.catalogue.use_cases"},
        "use-cases",
    ),
    ("a slice imports another", {"core/catalogue/planted.py": "import core.credit"}, "slices"),
    ("a slice knows a saga", {"core/credit/planted.py": "import core.sagas"}, "slices"),
    ("a saga knows acceptance", {"core/sagas/planted.py": "import core.acceptance"}, "slices"),
    ("a slice is not declared", {"core/stray/__init__.py": ""}, "slices"),
    (
        "a command opens a transaction",
        {"entrypoints/cli/planted.py": "import ports.transaction"},
        "transaction",
    ),
    ("core imports a library", {"core/kernel/planted.py": "import msgspec"}, "third-parties"),
    ("a port imports a library", {"ports/planted.py": "import msgspec"}, "third-parties"),
    ("core looks at the clock", {"core/kernel/planted.py": "import time"}, "world"),
    ("a port draws lots", {"ports/planted.py": "from random import random"}, "world"),
    ("an adapter imports another", {"adapters/system/planted.py": "import adapters.memory"}, "adapters"),
    ("an adapter is not declared", {"adapters/stray/__init__.py": ""}, "adapters"),
    (
        "an entrypoint imports another",
        {"entrypoints/http/planted.py": "import entrypoints.cli"},
        "entrypoints",
    ),
    ("a worker imports a route", {"entrypoints/worker/planted.py": "import entrypoints.http"}, "entrypoints"),
    ("SQL away from home", {"adapters/system/planted.py": "import sqlalchemy"}, "home-of-the-database"),
    ("SQL behind a guard", {"adapters/system/planted.py": GUARDED}, "home-of-the-database"),
    ("a broker away from home", {"adapters/toolkit/planted.py": "import aio_pika"}, "home-of-rabbitmq"),
    ("a log away from home", {"adapters/toolkit/planted.py": "import confluent_kafka"}, "home-of-kafka"),
    ("a stream away from home", {"adapters/toolkit/planted.py": "import redis"}, "home-of-redis"),
    ("a call away from home", {"entrypoints/worker/planted.py": "import httpcore"}, "home-of-calling-out"),
    ("a breaker away from home", {"adapters/webhooks/planted.py": "import pybreaker"}, "home-of-the-breaker"),
    ("a log line away from home", {"entrypoints/http/planted.py": "import structlog"}, "home-of-telemetry"),
    ("a route away from home", {"entrypoints/worker/planted.py": "import litestar"}, "home-of-http"),
    ("a table away from home", {"composition/planted.py": "import rich"}, "home-of-the-terminal"),
    (
        "a container away from home",
        {"adapters/toolkit/planted.py": "import dependency_injector"},
        "home-of-assembly",
    ),
    ("tables away from home", {"composition/planted.py": "import adapters.postgres.tables"}, "tables"),
    (
        "two siblings in a circle",
        {
            "composition/planted.py": "import composition.other",
            "composition/other.py": "import composition.planted",
        },
        "cycles",
    ),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each plant breaks in a copy of the packages; nothing is planted under the empty name."""
    copy = tmp_path_factory.mktemp("tree")
    for source in (source for package in PACKAGES for source in (ROOT / package).rglob("*.py")):
        target = copy / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    shutil.copy(ROOT / "importlinter.ini", copy)
    plants = {"": {}} | {name: files for name, files, _ in PLANTS}
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("planting.py")],
        cwd=copy,
        input=json.dumps(plants),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


def test_the_untouched_tree_keeps_every_contract(broken: dict[str, list[str]]) -> None:
    assert broken[""] == []


@pytest.mark.parametrize(("name", "contract"), [(name, contract) for name, _, contract in PLANTS])
def test_a_planted_violation_breaks_exactly_its_contract(
    broken: dict[str, list[str]], name: str, contract: str
) -> None:
    already = set(broken[""]) - {contract}  # a tree that breaks a contract by itself fails the test above only
    assert [found for found in broken[name] if found not in already] == [contract]


def test_every_contract_has_a_plant_and_no_exceptions() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "importlinter.ini", encoding="utf-8")
    contracts = {name.removeprefix("importlinter:contract:") for name in config.sections()} - {"importlinter"}
    assert contracts == {contract for _, _, contract in PLANTS}
    assert not [name for name in config.sections() if config.has_option(name, "ignore_imports")]
