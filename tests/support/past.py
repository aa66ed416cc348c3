"""Stories of movements that were recorded in any order, and what they add up to, reckoned the plain way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from adapters.memory.store import Store
from adapters.memory.tables import ENTRIES, LedgerRow
from core.inventory.balance import Account, Balance, BalanceKey, EntryKind, Movement
from core.inventory.stock import evolve
from core.kernel.ids import GroupId, TenantId, first_id_at
from core.kernel.value import value
from tests.support.given import a_key

FIRST_DAY = datetime.fromisoformat("2026-03-01T00:00:00Z")
STOCK = 1000


@value
class Told:
    """One movement: when it was recorded, and the id it was given, whose time may be another."""

    group: GroupId
    movement: Movement
    recorded_at: datetime


def id_at(moment: datetime, number: int) -> GroupId:
    """An id made at ``moment``."""
    return GroupId(f"{first_id_at(moment)[:14]}7000-8000-{number:012x}")


def a_told(number: int, recorded_at: datetime, movement: Movement, *, made_at: datetime | None = None) -> Told:
    return Told(group=id_at(made_at or recorded_at, number), movement=movement, recorded_at=recorded_at)


def a_move(source: Account, target: Account, quantity: int, key: BalanceKey | None = None) -> Movement:
    return Movement(key=key or a_key(), kind=EntryKind.MOVE, source=source, target=target, quantity=quantity)


def a_story(random: Random, length: int, *, items: int = 2, locations: int = 2, days: int = 5) -> list[Told]:
    """Movements in the order they were entered: recorded in another, made up to some days before or after."""
    keys = [a_key(item + 1, 101 + location) for item in range(items) for location in range(locations)]
    moves = [a_move(Account.SUPPLIER, Account.AVAILABLE, STOCK, key) for key in keys]
    buckets = [Account.AVAILABLE, Account.DAMAGED, Account.SUPPLIER]
    for _ in range(length):
        source, target = random.sample(buckets, 2)
        source = Account.SUPPLIER if source is Account.DAMAGED else source
        if source is not target:
            moves.append(a_move(source, target, random.randint(1, 9), random.choice(keys)))
    story = []
    for number, moved in enumerate(moves, start=1):
        at = FIRST_DAY + timedelta(seconds=random.randrange(days * 24 * 3600))
        at = random.choice([at, at, at.replace(hour=0, minute=0, second=0), at.replace(hour=23, minute=59, second=59)])
        skew = random.choice([timedelta(), timedelta(minutes=59), timedelta(minutes=61), timedelta(days=2)])
        made = at + skew * random.choice([1, -1])
        story.append(a_told(number, at, moved, made_at=made))
    return story


def fold(story: Sequence[Told], at: datetime) -> Mapping[BalanceKey, Balance]:
    """What everything recorded up to ``at`` adds up to, shelf by shelf."""
    shelves: dict[BalanceKey, Balance] = {}
    for told in story:
        if told.recorded_at <= at:
            key = told.movement.key
            shelves[key] = evolve(shelves.get(key, Balance(key=key)), told.movement)
    return shelves


def bare(balance: Balance) -> Balance:
    """Only what is in the buckets."""
    return replace(balance, backorder_limit=0, version=0)


def enter_plainly(store: Store, tenant: TenantId, story: Sequence[Told], *, before: timedelta = timedelta()) -> None:
    """Let the entries of ``story`` be in the twin's ledger, recorded so much earlier, whatever bounds they break."""
    for told in story:
        row = LedgerRow(movement=told.movement, cause=None, actor="ann", recorded_at=told.recorded_at - before)
        store.table(ENTRIES)[tenant, told.movement.key.item, told.group, 1] = row
