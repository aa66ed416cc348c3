"""What was promised to consumers of messages still holds: schemas are up to date, samples are still read."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from adapters.toolkit.codec import EVENTS, decode_event, encode, name_of
from adapters.toolkit.envelope import seal
from adapters.toolkit.samples import samples
from adapters.toolkit.schemas import (
    IncompatibleChange,
    contract_files,
    message_schemas,
    write_contracts,
)
from core.acceptance.policies import POLICY_TYPES
from core.catalogue.item import ItemAmended, ItemCreated
from core.kernel.goods import Tracking
from tests.support.recorded import recorded

CONTRACTS = Path(__file__).parents[2] / "contracts"
REGENERATE = """python -c "from pathlib import Path; from adapters.toolkit.schemas import write_contracts as w; \
w(Path('contracts'))" """


def test_every_event_has_a_sample_and_a_schema() -> None:
    assert set(samples()) == set(EVENTS) == set(message_schemas())
    assert {name: name_of(sample) for name, sample in samples().items()} == {name: name for name in EVENTS}


@pytest.mark.parametrize("place", sorted(contract_files()))
def test_what_is_published_is_what_the_code_says(place: str) -> None:
    file = CONTRACTS / place
    assert file.exists(), f"missing; {REGENERATE}"
    assert file.read_text(encoding="utf-8") == contract_files()[place].decode(), f"drifted; {REGENERATE}"


def test_nothing_is_published_that_the_code_no_longer_says() -> None:
    published = {file.relative_to(CONTRACTS).as_posix() for file in CONTRACTS.glob("messages/*.json")}
    published |= {file.relative_to(CONTRACTS).as_posix() for file in CONTRACTS.glob("samples/*.json")}
    assert published | {"asyncapi.json"} == set(contract_files())


@pytest.mark.parametrize("name", EVENTS)
def test_a_published_sample_is_still_read(name: str) -> None:
    payload = (CONTRACTS / "samples" / f"{name}.json").read_bytes()
    event = decode_event(name, payload)
    assert event == samples()[name]
    assert msgspec.json.decode(encode(event)) == msgspec.json.decode(payload)


def test_events_from_before_lots_kits_and_units_are_still_read() -> None:
    item = "019ca6b1-dc00-7000-8000-000000000001"
    terms = '"name":"Tea","uom":"each","price":null,"backorder_limit":0'
    created = decode_event("item.created.v1", f'{{"item_id":"{item}","sku":"TEA","scale":0,{terms}}}'.encode())
    assert isinstance(created, ItemCreated)
    assert (created.tracking, created.components, created.units) == (Tracking.NONE, (), ())
    amended = decode_event("item.amended.v1", f'{{"item_id":"{item}",{terms}}}'.encode())
    assert isinstance(amended, ItemAmended)
    assert amended.units == ()
    new: dict[str, tuple[str, ...]] = {
        "order.accepted.v1": ("unit", "per", "components", "component"),
        "stock.reserved.v1": ("lot",),
    }
    for name, fields in new.items():
        event = msgspec.json.decode(encode(samples()[name]))
        assert decode_event(name, msgspec.json.encode(_without(event, fields))) is not None


def _without(body: Any, fields: tuple[str, ...]) -> Any:
    """``body`` as it was before these fields."""
    if isinstance(body, dict):
        return {key: _without(inner, fields) for key, inner in body.items() if key not in fields}
    return [_without(inner, fields) for inner in body] if isinstance(body, list) else body


@pytest.mark.parametrize("name", EVENTS)
def test_a_schema_names_every_field_of_its_sample(name: str) -> None:
    schema = message_schemas()[name]
    body = schema["$defs"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    fields = set(body.get("properties") or {"name", "policy"})
    assert set(msgspec.json.decode(encode(samples()[name]))) == fields


def test_the_schema_of_a_policy_change_tells_policies_apart_by_name() -> None:
    variants = message_schemas()["policy.set.v1"]["oneOf"]
    assert [variant["properties"]["name"]["const"] for variant in variants] == list(POLICY_TYPES)
    assert [variant["properties"]["policy"]["$ref"] for variant in variants] == [
        f"#/$defs/{kind.__name__}" for kind in POLICY_TYPES.values()
    ]


def test_writing_takes_away_what_is_no_longer_said(tmp_path: Path) -> None:
    stale = tmp_path / "samples" / "order.eaten.v1.json"
    stale.parent.mkdir()
    stale.write_text("{}")
    write_contracts(tmp_path)
    assert not stale.exists()
    assert {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.json")} == set(contract_files())


def test_a_message_that_takes_back_what_it_promised_is_not_written(tmp_path: Path) -> None:
    write_contracts(tmp_path)
    promised = tmp_path / "messages" / "flag.set.v1.schema.json"
    schema = msgspec.json.decode(promised.read_bytes())
    schema["$defs"]["FlagSet"]["properties"]["since"] = {"type": "string"}
    promised.write_bytes(msgspec.json.encode(schema))
    before = promised.read_bytes()
    with pytest.raises(IncompatibleChange, match=r"flag\.set\.v1 \$\.since: gone"):
        write_contracts(tmp_path)
    assert promised.read_bytes() == before


def test_no_message_is_taken_away(tmp_path: Path) -> None:
    write_contracts(tmp_path)
    (tmp_path / "messages" / "order.eaten.v1.schema.json").write_text("{}")
    with pytest.raises(IncompatibleChange, match=r"order\.eaten\.v1 is gone"):
        write_contracts(tmp_path)


@pytest.mark.parametrize("name", EVENTS)
def test_a_sample_in_its_envelope_is_what_the_asyncapi_document_says(name: str) -> None:
    document = msgspec.json.decode((CONTRACTS / "asyncapi.json").read_bytes())
    message = document["channels"]["events"]["messages"][name]["$ref"].removeprefix("#/components/messages/")
    envelope, own = document["components"]["messages"][message]["payload"]["allOf"]
    assert envelope == {"$ref": "#/components/schemas/envelope"}
    sealed = msgspec.json.decode(seal(recorded(samples()[name])))
    jsonschema_rs.validate(document["components"]["schemas"]["envelope"], sealed)
    assert sealed["type"] == own["properties"]["type"]["const"] == name
    data = CONTRACTS / own["properties"]["data"]["$ref"]
    jsonschema_rs.validate(msgspec.json.decode(data.read_bytes()), sealed["data"])
