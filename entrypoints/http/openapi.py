"""The OpenAPI 3.1 document, written from the table of routes: it says what the code does, bounds and refusals too."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from core.configuration.flag import Flag
from entrypoints.http.errors import Fault
from entrypoints.http.health import ShownHealth
from entrypoints.http.routes import JSON, Route

REFERENCE = "#/components/schemas/{name}"
REFUSALS = {
    400: "The body, the query or a header does not say what it should: `errors` names where",
    401: "No valid API key",
    403: "The API key lacks the scope",
    404: "There is no such thing, or it is somebody else's",
    409: "The state this needs is not the state there is",
    413: "The body is too large",
    415: "The body is not declared to be application/json",
    422: "Understood, but it makes no sense as it stands: `errors` names where",
    500: "A defect; the correlation id finds it in the log",
    503: "Too busy, or storage is away, or the outcome is not known: try again with the same Idempotency-Key",
}
HEADERS = {401: "WWW-Authenticate", 503: "Retry-After"}
OLD = {
    "Warning": {
        "description": "Only while the storage is away: this is what was known last",
        "schema": {"type": "string"},
    },
    "Age": {"description": "With Warning: how many seconds ago that was", "schema": {"type": "integer"}},
}
INTRODUCTION = (
    "Fluxor tells a merchant the truth about stock. Every path under `/api/v1` also answers under `/api`. Errors are "
    "RFC 9457 problems with a stable `code`; every answer carries `X-Request-ID`."
)
_WORD = re.compile(r"\w+(?!\w*\})")
_PARAMETER = re.compile(r"\{(\w+):str\}")
_ALWAYS = {"required": True, "schema": {"type": "string"}}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 128}
_PATH = {"id": {"type": "string", "format": "uuid"}, "flag": {"type": "string", "enum": list(Flag)}}
_ONE_NAME = [
    {"required": [one], "properties": {one: {"type": "string"}, other: {"type": "null"}}}
    for one, other in (("sku", "product_id"), ("product_id", "sku"))
]
TOGETHER: dict[str, dict[str, Any]] = {
    "NewLine": {"oneOf": _ONE_NAME},
    "NewAllocation": {"oneOf": _ONE_NAME},
    "NewOrder": {
        "anyOf": [
            {"required": ["items"], "properties": {"items": {"minItems": 1}}},
            {"required": ["text"], "properties": {"text": {"type": "string"}}},
        ]
    },
    "NewCustomer": {"anyOf": [{"required": [one], "properties": {one: {"type": "string"}}} for one in ("id", "email")]},
}
"""What the fields of a body must say together: their types cannot tell, the handlers refuse it."""


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457, with the code that stays the same and the correlation id that finds the log lines."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str
    errors: Sequence[Fault] = ()
    explanation: dict[str, Any] | None = None


def document(table: Sequence[tuple[str, Route]], version: str) -> dict[str, Any]:
    """The document for (path, route) pairs."""
    routes = [route for _, route in table]
    taken = _Schemas([kind for route in routes for kind in (route.body, route.query) if kind], ["number", "string"])
    for name, rule in TOGETHER.items():
        taken.components[name].update(rule)
    shown = _Schemas([Problem, *(route.answer for route in routes if route.answer)], "number")
    paths: dict[str, dict[str, Any]] = {}
    for path, route in table:
        plain = _PARAMETER.sub(r"{\1}", path)
        paths.setdefault(plain, {})[route.method.lower()] = _operation(plain, route, taken, shown)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fluxor", "version": version, "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted({**taken.components, **shown.components}.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key: fx_…"}},
        },
    }


class _Schemas:
    """JSON schemas of types; a decimal is written as ``decimal`` says."""

    def __init__(self, kinds: Iterable[Any], decimal: str | list[str]) -> None:
        unique = list(dict.fromkeys(kinds))
        schemas, components = msgspec.json.schema_components(unique, ref_template=REFERENCE)
        self._schemas = dict(zip(unique, (_decimals(schema, decimal) for schema in schemas), strict=True))
        self.components: dict[str, Any] = _decimals(components, decimal)

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema, usually a reference."""
        schema: dict[str, Any] = self._schemas[kind]
        return schema

    def properties(self, kind: Any) -> dict[str, Any]:
        """The members of a struct."""
        name = self.of(kind)["$ref"].rpartition("/")[2]
        properties: dict[str, Any] = self.components[name]["properties"]
        return properties


def _operation(path: str, route: Route, taken: _Schemas, shown: _Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": "_".join([route.method.lower(), *_WORD.findall(route.path)]),
        "summary": route.summary,
        "description": (route.handle.__doc__ or route.summary).strip(),
        "tags": [route.tag],
        "parameters": _parameters(path, route, taken),
        "responses": _responses(path, route, shown),
    }
    if route.scope is not None:
        operation["description"] += f" Needs the scope `{route.scope}`."
    if not route.public:
        operation["security"] = [{"key": []}]
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": taken.of(route.body)}}}
    return operation


def _parameters(path: str, route: Route, taken: _Schemas) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _PATH.get(name, _TEXT)}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    if route.query is not None:
        for name, schema in taken.properties(route.query).items():
            parameters.append({"name": name, "in": "query", "required": False, "schema": _given(schema)})
    if route.writes:
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
        about = "The same key with the same request within 24 h gets the same answer"
        parameters.append({"name": "Idempotency-Key", "in": "header", "description": about, "schema": key})
    return parameters


def _responses(path: str, route: Route, shown: _Schemas) -> dict[str, Any]:
    media = route.media.decode().partition(";")[0]
    schema = shown.of(route.answer) if route.media == JSON else {"type": "string"}
    responses: dict[str, Any] = {str(route.status): {"description": "Done", "content": {media: {"schema": schema}}}}
    for status in sorted(_statuses(path, route)):
        responses[str(status)] = _problem(status)
    if route.answer is ShownHealth:
        responses["503"] = {"description": "Not ready", "content": {media: {"schema": schema}}}
    if route.known_for is not None:
        responses[str(route.status)]["headers"] = dict(OLD)
    for response in responses.values():
        response.setdefault("headers", {})["X-Request-ID"] = _ALWAYS
    return responses


def _statuses(path: str, route: Route) -> set[int]:
    statuses = {500, *route.refusals}
    if not route.public:
        statuses |= {401, 403, 503}
    if "{" in path:
        statuses.add(404)
    if route.query is not None or route.writes:
        statuses.add(400)
    if route.writes:
        statuses |= {409, 413, 422}
    if route.body is not None:
        statuses.add(415)
    return statuses


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(name="Problem")}
    problem = {"description": REFUSALS[status], "content": {"application/problem+json": {"schema": schema}}}
    return problem | ({"headers": {HEADERS[status]: _ALWAYS}} if status in HEADERS else {})


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema: it is there or it is not, but never null."""
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    only = options[0] if len(options) == 1 else schema
    return {name: part for name, part in only.items() if not (name == "default" and part is None)}


def _decimals(part: Any, decimal: str | list[str]) -> Any:
    if isinstance(part, dict):
        walked = {name: _decimals(member, decimal) for name, member in part.items()}
        if walked.get("format") == "decimal" and walked.get("type") == "string":
            walked["type"] = decimal
            del walked["format"]
        return walked
    return [_decimals(member, decimal) for member in part] if isinstance(part, list) else part
