"""The page on stock draws what the code says of holds, transfers and what is expected."""

from pathlib import Path

import pytest

from core.inventory import expected, reservation, transfer
from core.inventory.expected import ExpectedState
from core.inventory.reservation import ReservationState
from core.inventory.transfer import TransferState
from tests.support.drawing import drawing

PAGE = (Path(__file__).parents[2] / "docs" / "stock.md").read_text(encoding="utf-8")
MACHINES = {
    "Holds": drawing(reservation.NEXT, ReservationState.HELD),
    "Transfers": drawing(transfer.NEXT, TransferState.PLANNED),
    "Expected receipts": drawing(expected.NEXT, ExpectedState.OPEN),
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_state_machines_are_as_drawn(name: str) -> None:
    drawn = f"**{name}**\n\n```mermaid\n{MACHINES[name]}\n```"
    assert drawn in PAGE, f"docs/stock.md should have\n{drawn}"


def test_every_state_is_reached() -> None:
    for table, first in (
        (reservation.NEXT, ReservationState.HELD),
        (transfer.NEXT, TransferState.PLANNED),
        (expected.NEXT, ExpectedState.OPEN),
    ):
        assert {first, *table.values()} == set(type(first))
