"""The promise to consumers of messages: a JSON schema and a sample of each, and what there is, in ``contracts/``."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from adapters.toolkit.asyncapi import asyncapi
from adapters.toolkit.codec import EVENTS, encode_event
from adapters.toolkit.compatibility import breaks
from adapters.toolkit.samples import samples
from core.acceptance.policies import POLICY_TYPES, PolicySet

_ASYNCAPI = "asyncapi.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class IncompatibleChange(Exception):
    """A message was changed in a way that takes back what its schema promised: give it a new version instead."""


def message_schemas() -> dict[str, dict[str, Any]]:
    """The JSON schema of every event, by its name on the wire."""
    return {name: {"$schema": _DIALECT, "title": name, **_schema(kind)} for name, kind in EVENTS.items()}


def contract_files() -> dict[str, bytes]:
    """Every generated file by its place below ``contracts/``."""
    messages = message_schemas()
    schemas = {
        f"messages/{name}.schema.json": msgspec.json.encode(schema, order="sorted") for name, schema in messages.items()
    }
    overview = {_ASYNCAPI: msgspec.json.encode(asyncapi(messages, version("fluxor")))}
    examples = {f"samples/{name}.json": encode_event(sample)[1] for name, sample in samples().items()}
    return {
        place: msgspec.json.format(body, indent=2) + b"\n" for place, body in (schemas | examples | overview).items()
    }


def write_contracts(folder: Path) -> None:
    """Write the files that are generated, and take away those that no longer are.

    Raises IncompatibleChange, with nothing written, for a message that breaks what is there.
    """
    broken = broken_promises(folder)
    if broken:
        raise IncompatibleChange("; ".join(broken))
    files = contract_files()
    for stale in folder.glob("samples/*.json"):
        if stale.relative_to(folder).as_posix() not in files:
            stale.unlink()
    for place, body in files.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


def broken_promises(folder: Path) -> list[str]:
    """What the messages of the code break of the schemas in ``folder``, each with the message's name and a path."""
    schemas, broken = message_schemas(), []
    for file in sorted((folder / "messages").glob("*.json")):
        name = file.name.removesuffix(".schema.json")
        if name in schemas:
            broken += [f"{name} {what}" for what in breaks(msgspec.json.decode(file.read_bytes()), schemas[name])]
        else:
            broken.append(f"{name} is gone: what was written under it is read for ever")
    return broken


def _schema(kind: type) -> dict[str, Any]:
    return _policy_set() if kind is PolicySet else msgspec.json.schema(kind)


def _policy_set() -> dict[str, Any]:
    """msgspec has no schema for a union told apart by a sibling's value, so this one is put together here."""
    policies, definitions = msgspec.json.schema_components(POLICY_TYPES.values(), ref_template="#/$defs/{name}")
    one_of = [
        {"properties": {"name": {"const": name}, "policy": policy}}
        for name, policy in zip(POLICY_TYPES, policies, strict=True)
    ]
    return {
        "description": PolicySet.__doc__,
        "type": "object",
        "required": ["name", "policy"],
        "oneOf": one_of,
        "$defs": definitions,
    }
