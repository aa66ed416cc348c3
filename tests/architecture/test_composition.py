"""Every root can be built, and every command somebody may give has a use case."""

import inspect
import typing
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from dependency_injector import containers, providers

from adapters.memory.broker import MemoryBroker
from adapters.memory.telemetry import MemoryTelemetry
from adapters.postgres.engine import Database
from composition.door import Door
from composition.http import Http
from composition.settings import Settings
from composition.worker import Worker
from tests.support.given import NOW

ROOT = Path(__file__).parents[2]


def http() -> containers.Container:
    return Http(
        settings=Settings.from_environment({}),
        database=Database("postgresql://nowhere/", 1),
        telemetry=MemoryTelemetry(),
        stopping=object(),
        cursor_secret=b"secret",
    )


def worker() -> containers.Container:
    return Worker(
        database=Database("postgresql://nowhere/", 1),
        telemetry=MemoryTelemetry(),
        close_after_days=7,
        broker=providers.Object(MemoryBroker(lambda: NOW)),
    )


def use_case_modules() -> list[ModuleType]:
    files = sorted(ROOT.glob("core/*/use_cases/*.py"))
    return [import_module(".".join(f.relative_to(ROOT).with_suffix("").parts)) for f in files if f.stem != "__init__"]


@pytest.mark.parametrize("root", [http, worker])
def test_every_provider_of_a_root_can_be_built(root: typing.Callable[[], containers.Container]) -> None:
    container = root()
    container.check_dependencies()
    for name, provider in container.providers.items():
        if name == "loops":
            assert provider("worker") is not None
        elif name == "chores":
            assert provider({}) is not None
        elif not isinstance(provider, providers.Dependency | providers.Container):
            assert provider() is not None, name


def test_a_worker_leaves_relaying_to_others_when_told() -> None:
    assert worker().loops("w")._relay is not None
    assert worker().loops("w", relay=None, receiver=None)._relay is None


def test_where_there_is_no_broker_whoever_relays_delivers() -> None:
    alone = worker()
    alone.broker.override(providers.Object(None))
    assert alone.receiver() is None
    assert alone.publisher() is alone.delivery()
    assert worker().receiver() is not None


def test_every_use_case_answers_the_command_of_its_signature() -> None:
    door: Door = worker().door
    bound: dict[object, set[type]] = {}
    for command, use_case in door.use_cases().items():
        bound.setdefault(getattr(use_case.run, "func", use_case.run), set()).add(command)
    for module in use_case_modules():
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction):
            if function.__module__ != module.__name__:
                continue
            taken = typing.get_type_hints(function).get("command")
            commands = set(typing.get_args(taken)) or ({taken} if taken else set())
            assert bound.get(function, set()) == commands, f"{name} is not bound to {taken}"
