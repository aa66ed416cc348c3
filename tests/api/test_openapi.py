"""The published document is the one the code serves."""

import json
from pathlib import Path

from composition.telemetry import VERSION
from entrypoints.http.app import openapi_of

PUBLISHED = Path(__file__).parents[2] / "contracts" / "openapi.json"


def test_the_contract_is_the_one_that_is_served() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json.loads(json.dumps(openapi_of(VERSION)))


def test_every_reference_resolves_and_every_operation_has_a_name_of_its_own() -> None:
    document = openapi_of(VERSION)
    text = json.dumps(document)
    names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])
    operations = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == len(set(operations))
