"""Whether a message may change as it does: what was written stays readable, and what its readers rely on stays there.

A field may be added that need not be there, and a value that an enumeration did not have. Anything else is another
message: it gets a new version beside the old one.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
_SAYS = (
    *("type", "const", "format", "pattern", "minLength", "maxLength", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
)
_INNER = (("items", "[]"), ("additionalProperties", "{}"))
"""What stands for every element of a list, or every value of a table."""
_MANY = ("anyOf", "oneOf", "allOf", "prefixItems")


def breaks(old: Schema, new: Schema) -> list[str]:
    """What of the JSON schema ``new`` breaks what ``old`` promised, each with its path; none: it may change so."""
    return list(_breaks(old, new, old, new, "$", frozenset()))


def _breaks(was: Schema, now: Schema, old: Schema, new: Schema, path: str, seen: frozenset[str]) -> Iterator[str]:
    name = was.get("$ref")
    if name is not None and name in seen:
        return
    seen = seen | {name} if name is not None else seen
    was, now = _resolved(was, old), _resolved(now, new)
    for keyword in _SAYS:
        if was.get(keyword) != now.get(keyword):
            yield f"{path}: {keyword} {was.get(keyword)!r} became {now.get(keyword)!r}"
    gone = [value for value in was.get("enum", ()) if value not in now.get("enum", ())]
    if gone:
        yield f"{path}: {gone} is no value any more"
    yield from _fields(was, now, old, new, path, seen)
    for keyword, sign in _INNER:
        before, after = was.get(keyword), now.get(keyword)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _breaks(before, after, old, new, path + sign, seen)
        elif before != after:
            yield f"{path}: {keyword} {before!r} became {after!r}"
    for keyword in _MANY:
        ways, still = was.get(keyword, ()), now.get(keyword, ())
        if len(still) < len(ways):
            yield f"{path}: {keyword} has fewer ways"
        for number, (before, after) in enumerate(zip(ways, still, strict=False)):
            yield from _breaks(before, after, old, new, f"{path}<{number}>", seen)


def _fields(was: Schema, now: Schema, old: Schema, new: Schema, path: str, seen: frozenset[str]) -> Iterator[str]:
    had, has = was.get("properties", {}), now.get("properties", {})
    demanded, demands = set(was.get("required", ())), set(now.get("required", ()))
    for field in had:
        if field not in has:
            yield f"{path}.{field}: gone"
        else:
            yield from _breaks(had[field], has[field], old, new, f"{path}.{field}", seen)
    for field in sorted(demanded - demands):
        if field in has:
            yield f"{path}.{field}: may be missing now"
    for field in sorted(demands - demanded):
        yield f"{path}.{field}: must be there now, and is not in what was written before"


def _resolved(schema: Schema, document: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Schema = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return _resolved(found, document)
