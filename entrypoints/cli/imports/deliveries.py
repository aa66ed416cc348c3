"""``import receipts``: each row says what arrived, and arrives once however often the file is imported."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from core.identity.permission import ALL_SCOPES
from core.inventory.acts import StockChanged
from core.inventory.delivery import DeliveredLine, ReceiveDelivery
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId
from entrypoints.cli.imports.pipeline import Applied, persisted
from entrypoints.cli.imports.rows import applied
from entrypoints.cli.imports.stock import StockRow
from entrypoints.cli.session import Session


class DeliveryImport:
    """Receives the rows of one delivery for one tenant; a row that was received before is a duplicate."""

    def __init__(self, session: Session, tenant: TenantId, delivery: str) -> None:
        self._session = session
        self._tenant = tenant
        self._delivery = delivery

    async def __call__(self, rows: Sequence[StockRow]) -> Applied:
        """Receive them in one transaction."""
        session = self._session
        lines = tuple(DeliveredLine(number=row.row.line, act=row.act) for row in rows)
        command = ReceiveDelivery(name=self._delivery, lines=lines)
        outcomes: list[StockChanged | DomainError | None] = await persisted(
            lambda: session.dispatch.run(command, session.context(self._tenant, ALL_SCOPES)), session.clock
        )
        return applied(rows, outcomes, lambda received: received is not None)


def delivery_of(file: Path, name: str) -> str:
    """What a delivery is known by: what the file says, byte by byte, and the name it was given, if any."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    return f"{name}:{digest}" if name else digest
