"""The AsyncAPI document: which events Fluxor tells, each as a CloudEvent whose data has a schema of its own."""

from typing import Any

import msgspec

from adapters.toolkit.envelope import Envelope

VERSION = "3.0.0"
CONTENT_TYPE = "application/cloudevents+json"
_ADDRESS = "events"


def asyncapi(schemas: dict[str, dict[str, Any]], version: str) -> dict[str, Any]:
    """The document of the messages with these schemas, by name, for Fluxor's ``version``."""
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Fluxor events",
            "version": version,
            "description": "What happened, in the order of each stream, at least once. Fields and values are added;"
            " whatever else changes is a message of a new version.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            _ADDRESS: {
                "address": _ADDRESS,
                "description": "Every event of every tenant, under its stream's name.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in schemas},
            }
        },
        "operations": {"tell": {"action": "send", "channel": {"$ref": f"#/channels/{_ADDRESS}"}}},
        "components": {
            "messages": {name: _message(name, schema) for name, schema in schemas.items()},
            "schemas": {"envelope": _envelope()},
        },
    }


def _message(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/envelope"},
                {"properties": {"type": {"const": name}, "data": {"$ref": f"messages/{name}.schema.json"}}},
            ]
        },
    }


def _envelope() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([Envelope])
    schema: dict[str, Any] = components["Envelope"]
    return schema
