"""How a message may change, and how it may not."""

from copy import deepcopy
from typing import Any

import pytest

from adapters.toolkit.compatibility import breaks

LINE = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
    "required": ["sku", "quantity"],
}
ORDER: dict[str, Any] = {
    "$ref": "#/$defs/Order",
    "$defs": {
        "Order": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "state": {"enum": ["open", "closed"]},
                "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "parent": {"$ref": "#/$defs/Order"},
                "prices": {"type": "object", "additionalProperties": {"type": "integer"}},
            },
            "required": ["id", "lines"],
        },
        "Line": LINE,
    },
}


def changed(*path: str, to: Any = None) -> dict[str, Any]:
    """The order's schema with what stands at ``path`` below its definitions put to ``to``, or taken away."""
    new = deepcopy(ORDER)
    place = new["$defs"]
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return new


def test_what_stays_as_it_is_breaks_nothing() -> None:
    assert breaks(ORDER, deepcopy(ORDER)) == []


@pytest.mark.parametrize(
    "new",
    [
        changed("Order", "properties", "tags", to={"type": "array"}),
        changed("Line", "properties", "unit", to={"type": "string"}),
        changed("Order", "properties", "state", "enum", to=["open", "closed", "held"]),
        changed("Order", "properties", "note", "anyOf", to=[{"type": "string"}, {"type": "null"}, {"type": "integer"}]),
        changed("Order", "description", to="an order"),
    ],
)
def test_what_is_added_and_may_be_missing_breaks_nothing(new: dict[str, Any]) -> None:
    assert breaks(ORDER, new) == []


@pytest.mark.parametrize(
    ("new", "broken"),
    [
        (changed("Order", "properties", "note"), "$.note: gone"),
        (changed("Line", "properties", "sku"), "$.lines[].sku: gone"),
        (changed("Order", "properties", "id", "type", to="integer"), "$.id: type 'string' became 'integer'"),
        (changed("Order", "properties", "id", "format", to="date"), "$.id: format 'uuid' became 'date'"),
        (changed("Line", "properties", "quantity", "minimum", to=0), "$.lines[].quantity: minimum 1 became 0"),
        (changed("Order", "properties", "state", "enum", to=["open"]), "$.state: ['closed'] is no value any more"),
        (changed("Order", "required", to=["id"]), "$.lines: may be missing now"),
        (
            changed("Order", "required", to=["id", "lines", "state"]),
            "$.state: must be there now, and is not in what was written before",
        ),
        (changed("Order", "properties", "note", "anyOf", to=[{"type": "string"}]), "$.note: anyOf has fewer ways"),
        (
            changed("Order", "properties", "note", "anyOf", to=[{"type": "integer"}, {"type": "null"}]),
            "$.note<0>: type 'string' became 'integer'",
        ),
        (changed("Order", "properties", "lines", "items", to={"type": "string"}), "$.lines[].sku: gone"),
        (changed("Order", "properties", "lines", "items"), "$.lines: items {'$ref': '#/$defs/Line'} became None"),
        (
            changed("Order", "properties", "prices", "additionalProperties", to={"type": "string"}),
            "$.prices{}: type 'integer' became 'string'",
        ),
    ],
)
def test_whatever_else_changes_is_named_with_its_path(new: dict[str, Any], broken: str) -> None:
    assert broken in breaks(ORDER, new)
