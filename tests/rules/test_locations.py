"""Opening a location."""

from core.inventory.location import CreateLocation, Location, LocationKind, create, evolve
from core.kernel.ids import LocationId
from tests.support.given import an_id

PLACE = LocationId(an_id(1))


def test_a_new_location_is_as_it_was_asked_for() -> None:
    command = CreateLocation(code="STORE-1", kind=LocationKind.STORE, priority=5, country="GB")
    assert evolve(create(command, PLACE)) == Location(
        id=PLACE, code="STORE-1", kind=LocationKind.STORE, priority=5, country="GB", sellable=True
    )


def test_a_location_can_keep_stock_that_is_not_for_sale() -> None:
    assert not create(CreateLocation(code="QA", kind=LocationKind.VIRTUAL, sellable=False), PLACE).sellable


def test_stock_on_its_way_is_never_for_sale() -> None:
    assert not create(CreateLocation(code="VAN", kind=LocationKind.IN_TRANSIT, sellable=True), PLACE).sellable
