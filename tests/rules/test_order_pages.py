"""The page that explains orders draws what the code says."""

from pathlib import Path

import pytest

from core.orders import fulfilment, returns
from core.orders.fulfilment import FulfilmentState
from core.orders.returns import ReturnState
from tests.support.drawing import drawing

PAGE = (Path(__file__).parents[2] / "docs" / "orders.md").read_text()


@pytest.mark.parametrize(
    "drawn",
    [drawing(fulfilment.NEXT, FulfilmentState.PROPOSED), drawing(returns.NEXT, ReturnState.REQUESTED)],
    ids=["fulfilment orders", "returns"],
)
def test_the_state_machines_are_as_drawn(drawn: str) -> None:
    assert f"```mermaid\n{drawn}\n```" in PAGE, f"docs/orders.md should have\n{drawn}"


def test_every_state_is_reached_and_every_act_has_a_meaning() -> None:
    for table, first in ((fulfilment.NEXT, FulfilmentState.PROPOSED), (returns.NEXT, ReturnState.REQUESTED)):
        assert {first, *table.values()} == set(type(first))
