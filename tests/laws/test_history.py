"""The past is what was recorded until then, in whatever order it was entered and whichever snapshots were made."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.database import MemoryDatabase
from adapters.memory.invariants import MemoryInvariants
from adapters.memory.snapshots import MemorySnapshots
from adapters.memory.store import Store
from adapters.memory.tables import BALANCES, ITEM_SKUS, ITEMS, LOCATIONS, BalanceRow
from adapters.memory.views.history import MemoryStockHistory
from core.inventory.balance import Account, Balance, EntryKind, Movement
from core.inventory.history import ChainEnd
from core.kernel.ids import StreamId
from tests.support.given import NOW, TENANT, a_key, a_location, an_id, an_item
from tests.support.past import FIRST_DAY, Told, bare, enter_plainly, fold, id_at
from tests.support.twin import Twin

LENGTH = timedelta(days=4)
MOMENTS = st.one_of(st.timedeltas(timedelta(), LENGTH), st.sampled_from([timedelta(days=day) for day in range(5)])).map(
    lambda since: FIRST_DAY + since
)
DAYS = st.integers(0, 4).map(lambda day: date(2026, 3, 1) + timedelta(days=day))
MOVEMENTS = st.builds(
    Movement,
    key=st.builds(a_key, st.integers(1, 2), st.integers(101, 102)),
    kind=st.sampled_from([EntryKind.MOVE, EntryKind.MOVE, EntryKind.COUNT]),
    source=st.sampled_from([Account.AVAILABLE, Account.SUPPLIER]),
    target=st.sampled_from([Account.DAMAGED, Account.COMMITTED]),
    quantity=st.integers(1, 9),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Told]:
    """Up to twelve movements recorded at any time, their ids made at any other."""
    return [
        Told(group=id_at(draw(MOMENTS), number), movement=draw(MOVEMENTS), recorded_at=draw(MOMENTS))
        for number in range(draw(st.integers(0, 12)))
    ]


def twin_with(story: Sequence[Told]) -> Twin:
    twin = Twin()
    twin.database = MemoryDatabase(Store(clock=lambda: NOW))
    store = twin.database.store
    for number in (1, 2):
        item, place = an_item(number), a_location(100 + number)
        store.table(ITEMS)[TENANT, item.id] = item
        store.table(ITEM_SKUS)[TENANT, item.sku] = item.id
        store.table(LOCATIONS)[TENANT, place.id] = place
    enter_plainly(store, TENANT, story)
    for key, balance in fold(story, datetime.max.replace(tzinfo=NOW.tzinfo)).items():
        row = BalanceRow(balance=balance, stream=StreamId(an_id(9)), updated_at=NOW)
        store.table(BALANCES)[TENANT, key.item, key.location, key.lot] = row
    return twin


def shown(twin: Twin, at: datetime) -> dict[object, Balance]:
    view = MemoryStockHistory(twin.database)
    rows = twin.see(view.as_of(TENANT, at, sku=None, location=None, after=("", "", ""), limit=99))
    return {row.balance.key: bare(row.balance) for row in rows}


@given(story=stories(), made=st.lists(DAYS, max_size=3), moments=st.lists(MOMENTS, min_size=1, max_size=4))
def test_a_moment_is_the_fold_of_what_was_recorded_until_then(
    story: list[Told], made: list[date], moments: list[datetime]
) -> None:
    twin = twin_with(story)
    snapshots = MemorySnapshots(twin.database)
    for through in made:
        twin.see(snapshots.make(TENANT, through))
    for at in (*moments, *(told.recorded_at for told in story)):
        assert shown(twin, at) == fold(story, at)
    broken = twin.see(MemoryInvariants(twin.database).violations())
    assert [found for found in broken if found.invariant.startswith("I15")] == []


@given(story=stories(), at=MOMENTS, made=st.none() | DAYS, limit=st.integers(1, 6))
def test_each_step_back_says_what_there_was_until_it(
    story: list[Told], at: datetime, made: date | None, limit: int
) -> None:
    twin = twin_with(story)
    if made:
        twin.see(MemorySnapshots(twin.database).make(TENANT, made))
    view = MemoryStockHistory(twin.database)
    told = twin.see(view.explain(TENANT, "SKU-1", location=None, at=at, limit=limit))
    assert told is not None
    assert len(told.steps) <= limit
    order = {one.group: one for one in sorted(story, key=lambda one: (one.recorded_at, one.group))}
    for step in told.steps:
        until = list(order)[: list(order).index(step.entry.group) + 1]
        (balance,) = [
            balance
            for key, balance in fold([order[group] for group in until], at).items()
            if key == step.entry.movement.key
        ]
        assert (step.available, step.on_hand) == (balance.available, balance.on_hand)
    if told.ends is ChainEnd.LIMIT:
        assert len(told.steps) == limit
