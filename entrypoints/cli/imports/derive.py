"""``import derive-stock``: as much stock as a file of orders will ask for, or a share of it."""

import csv
from collections import Counter
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path

from core.kernel.errors import DomainError
from entrypoints.cli.imports.columns import Columns, Field
from entrypoints.cli.imports.drafts import is_cancellation
from entrypoints.cli.imports.grouping import RowReader
from entrypoints.cli.imports.meter import Meter
from entrypoints.cli.imports.source import Source

SHOW_EVERY = 4096


def derive_stock(
    source: Source, columns: Columns, meter: Meter, *, cancel_prefix: str, currency: str
) -> tuple[int, Counter[str], dict[str, Decimal]]:
    """(rows read, how they ended, quantity asked for by SKU). A row that import orders would reject counts nothing."""
    reader = RowReader(columns, currency=currency)
    wanted: dict[str, Decimal] = {}
    ends: Counter[str] = Counter()
    rows = 0
    for rows, row in enumerate(source.rows(), start=1):
        if rows % SHOW_EVERY == 0:
            meter.rows(rows)
        try:
            if row.problem or is_cancellation(reader.order_id(row), cancel_prefix):
                ends["passed_over"] += 1
                continue
            line = reader.line(row)
        except DomainError:
            # Not lost: the import of the same file writes the row to its rejects, with this reason.
            ends["passed_over"] += 1
            continue
        if line.quantity > 0:
            wanted[line.sku] = wanted.get(line.sku, Decimal(0)) + line.quantity
        ends["counted" if line.quantity > 0 else "passed_over"] += 1
    return rows, ends, wanted


def write_stock(path: Path, wanted: dict[str, Decimal], *, location: str, share: Decimal) -> Decimal:
    """Write sku, location, quantity by SKU; answers the sum. The file is there whole or not at all."""
    total = Decimal(0)
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("sku", "location", "quantity"))
        for sku, quantity in sorted(wanted.items()):
            part = share_of(quantity, share)
            total += part
            writer.writerow((sku, location, part))
    draft.replace(path)
    return total


def share_of(quantity: Decimal, share: Decimal) -> Decimal:
    """That part of ``quantity``, rounded down to as many decimals as it has: half a piece cannot be stocked."""
    return (quantity * share).quantize(Decimal(1).scaleb(int(quantity.as_tuple().exponent)), ROUND_FLOOR)


def fields_needed(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Those of the order fields that the sum depends on."""
    return tuple(field for field in fields if field.name in ("order_id", "sku", "quantity", "unit_price", "currency"))
