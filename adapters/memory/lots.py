"""Lots."""

from collections.abc import Collection, Mapping, Sequence

from adapters.memory.session import Session
from adapters.memory.tables import BALANCES, LOT_CODES, LOTS
from core.inventory.balance import BalanceKey
from core.inventory.lot import Lot
from core.kernel.context import Context
from core.kernel.ids import LotId
from ports.lots import LotName


class MemoryLots:
    """See ports.lots.Lots."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def lock(self, names: Collection[LotName]) -> Mapping[LotName, Lot]:
        """See the port."""
        await self._session.statement()
        found = ((name, await self._held(name)) for name in sorted(names))
        return {name: lot async for name, lot in found if lot is not None}

    async def opened(self, lots: Sequence[Lot]) -> Mapping[LotName, Lot]:
        """See the port."""
        session, tenant = self._session, self._context.tenant
        await session.statement()
        for lot in sorted(lots, key=lambda lot: (lot.item, lot.code)):
            if await session.insert(LOT_CODES, (tenant, lot.item, lot.code), lot.id):
                await session.insert(LOTS, (tenant, lot.id), lot)
        return await self.lock([(lot.item, lot.code) for lot in lots])

    async def change(self, lot: Lot) -> None:
        """See the port."""
        key = (self._context.tenant, lot.id)
        await self._session.statement()
        before = self._session.get(LOTS, key)
        if before is None or before.version != lot.version - 1:
            raise self._session.refuse("another transaction changed this lot first")
        await self._session.put(LOTS, key, lot)

    async def places(self, lots: Collection[LotId]) -> Mapping[LotId, Collection[BalanceKey]]:
        """See the port."""
        await self._session.statement()
        found: dict[LotId, list[BalanceKey]] = {}
        for key, row in self._session.scan(BALANCES):
            if key[0] == self._context.tenant and key[3] in lots:
                found.setdefault(key[3], []).append(row.balance.key)
        return found

    async def _held(self, name: LotName) -> Lot | None:
        known = self._session.get(LOT_CODES, (self._context.tenant, *name))
        if known is None:
            return None
        await self._session.lock(LOTS, (self._context.tenant, known))
        return self._session.get(LOTS, (self._context.tenant, known))
