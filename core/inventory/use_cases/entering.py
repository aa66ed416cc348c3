"""Entering what was decided: the ledger's groups, and one event on each balance they touch."""

from collections.abc import Collection, Mapping, Sequence

from core.inventory.balance import BalanceKey, Movement, StockMoved
from core.inventory.hold_movements import movements
from core.inventory.lot import Lot, LotCreated
from core.inventory.reservation import Changed, Reservation, ReservationExpired, evolve
from core.inventory.stock import check_bounds
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import GroupId, ItemId, NewId, StreamId
from ports.inventory import InventoryTransaction, LockedBalance, NewEntries
from ports.transaction import TransactionConflict

AT_ONCE = 100
"""So many expired holds are ended in one go."""


async def enter(
    acts: Sequence[NewEntries], locked: Mapping[BalanceKey, LockedBalance], context: Context, tx: InventoryTransaction
) -> None:
    """Enter ``acts`` one after the other on balances the transaction holds; see ports.inventory.Ledger.enter."""
    versions = {key: held.balance.version for key, held in locked.items()}
    events = []
    for act in acts:
        by_key: dict[BalanceKey, list[Movement]] = {}
        for movement in act.movements:
            by_key.setdefault(movement.key, []).append(movement)
        for key, made in by_key.items():
            versions[key] += 1
            body = StockMoved(group=act.group, movements=tuple(made))
            events.append(NewEvent(tenant=context.tenant, stream=locked[key].stream, version=versions[key], body=body))
    await tx.ledger.enter(acts)
    await tx.journal.record(events)


async def begin_lots(lots: Sequence[Lot], context: Context, tx: InventoryTransaction) -> None:
    """Keep lots nobody knew of, each with its event. Raises TransactionConflict when somebody begins one meanwhile."""
    kept = await tx.lots.opened(lots)
    if any(kept[lot.item, lot.code].id != lot.id for lot in lots):
        raise TransactionConflict("another transaction began this lot first")
    events = [LotCreated(lot_id=lot.id, item_id=lot.item, code=lot.code, expires_on=lot.expires_on) for lot in lots]
    await tx.journal.record(
        [NewEvent(tenant=context.tenant, stream=StreamId(event.lot_id), version=1, body=event) for event in events]
    )


async def settle(
    ended: Sequence[tuple[Reservation, Changed]], context: Context, tx: InventoryTransaction, new_id: NewId
) -> None:
    """Keep locked reservations as their events leave them, move what they held, and record both.

    Raises InsufficientStock: what was counted away meanwhile cannot leave.
    """
    keys = {part.key for reservation, _ in ended for part in reservation.parts}
    locked = await tx.ledger.lock(keys)
    acts = [
        NewEntries(group=GroupId(new_id()), movements=made, cause=f"reservation:{reservation.id}")
        for reservation, event in ended
        if (made := movements(reservation.parts, event))
    ]
    check_bounds((held.balance for held in locked.values()), (it for act in acts for it in act.movements))
    await enter(acts, locked, context, tx)
    after = [(evolve(reservation, event), event) for reservation, event in ended]
    await tx.reservations.save([reservation for reservation, _ in after])
    await tx.journal.record(
        [
            NewEvent(tenant=context.tenant, stream=StreamId(one.id), version=one.version, body=event)
            for one, event in after
        ]
    )


async def end_expired(items: Collection[ItemId], context: Context, tx: InventoryTransaction, *, new_id: NewId) -> int:
    """Give back all that expired holds still keep of ``items``; answers how many holds were ended.

    All of them: whoever is refused afterwards undoes it, and must not meet the same ones again.
    """
    ended = 0
    while some := await end_some(items, AT_ONCE, context, tx, new_id):
        ended += some
    return ended


async def end_some(
    items: Collection[ItemId] | None, limit: int, context: Context, tx: InventoryTransaction, new_id: NewId
) -> int:
    """The same for up to ``limit`` holds, of any item when ``items`` is None."""
    expired = await tx.reservations.lock_expired(items, limit)
    if expired:
        endings = [(one, ReservationExpired(reservation_id=one.id)) for one in expired]
        await settle(endings, context, tx, new_id)
    return len(expired)
