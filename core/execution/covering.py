"""Who waits for stock, and who gets it first: whoever was accepted first, of those the one with the lesser id.

What is promised before there is any is taken from the shelf at once: what is available falls below zero, and the part
says how much of it waits. When stock comes the shelf owes less, and what waits beyond that is there. It is worked out
from how things stand, never from what has happened: so it may be asked as often as anybody likes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from core.inventory.balance import MOVED, Account, BalanceKey
from core.kernel.event import RecordedEvent
from core.kernel.ids import NO_LOT, OrderId, TenantId
from core.kernel.value import value
from core.orders.waiting import Share


@value
class CoverBackorders:
    """Let the orders that wait for ``shelves`` have what stands there and is owed to nobody before them."""

    shelves: tuple[BalanceKey, ...]


@value
class Waiting:
    """``quantity`` base units of ``shelf`` that an order waits for."""

    order: OrderId
    accepted_at: datetime
    shelf: BalanceKey
    quantity: int


@value
class Backlog:
    """Who waits for some shelves, and what these have available: negative, that is what they owe."""

    waiting: tuple[Waiting, ...]
    available: Mapping[BalanceKey, int]


def due_to(backlog: Backlog) -> dict[OrderId, Share]:
    """What orders need not wait for any more, whoever was accepted first before the others."""
    there: dict[BalanceKey, int] = {shelf: min(0, units) for shelf, units in backlog.available.items()}
    for one in backlog.waiting:
        there[one.shelf] += one.quantity
    shares: dict[OrderId, dict[BalanceKey, int]] = {}
    for one in sorted(backlog.waiting, key=lambda one: (one.accepted_at, one.order)):
        come = min(one.quantity, there[one.shelf])
        if come > 0:
            there[one.shelf] -= come
            share = shares.setdefault(one.order, {})
            share[one.shelf] = share.get(one.shelf, 0) + come
    return {order: _by_shelf(share) for order, share in shares.items()}


def _by_shelf(share: Mapping[BalanceKey, int]) -> Share:
    return {(key.item, key.location, None if key.lot == NO_LOT else key.lot): units for key, units in share.items()}


@value
class _Movement:
    key: BalanceKey
    target: Account


@value
class _Moved:
    movements: tuple[_Movement, ...]


def gaining(events: Iterable[RecordedEvent]) -> dict[TenantId, list[BalanceKey]]:
    """The shelves that had something come to them by ``events``, each once: what orders ask of them is no event here,
    so a batch in which nothing but orders were accepted answers none."""
    found: dict[TenantId, dict[BalanceKey, None]] = {}
    for event in events:
        if event.name == MOVED:
            for movement in event.read_as(_Moved).movements:
                if movement.target is Account.AVAILABLE:
                    found.setdefault(event.tenant, {})[movement.key] = None
    return {tenant: list(shelves) for tenant, shelves in found.items()}
