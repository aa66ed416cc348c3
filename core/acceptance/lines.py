"""Reading a request's lines against the catalogue: items, base units, prices, or the reasons they cannot be."""

from core.acceptance.facts import Requested, Working
from core.catalogue.item import Item
from core.intake.submission import OrderRequest, RequestedLine
from core.kernel.errors import DomainError
from core.kernel.money import MINOR_MAX, Money, exponent_of, extended
from core.kernel.quantity import UNITS_MAX, to_units
from core.kernel.value import maker, value
from core.orders.order import Reason


@value
class ReadLine:
    """``units`` base units of ``item``; ``price`` in minor units for ``per`` base units, None: one unit of measure."""

    item: Item
    units: int
    price: int | None
    unit: str | None = None
    per: int | None = None


@value
class ReadLines:
    """Lines with an item and a quantity. ``total`` in minor units; ``reasons`` are what stands against the order."""

    lines: tuple[ReadLine, ...]
    currency: str | None
    total: int
    reasons: tuple[Reason, ...]


_line = maker(ReadLine)
_lines = maker(ReadLines)


def read_lines(requested: Requested, working: Working) -> ReadLines:
    """Look every line up. A line that cannot be read gives a reason that names it and is left out of ``lines``."""
    request, tenant = requested.request, requested.submission.tenant
    reasons = _against(request)
    lines: list[ReadLine] = []
    currency, total = request.currency, 0
    for index, line in enumerate(request.items):
        item = working.item(tenant, line.sku or line.product_id or "")
        if item is None:
            reasons.append(_unknown(line, _path(index)))
            continue
        unit = None if line.unit == item.uom else line.unit
        units = _units(line, item, unit, index, reasons)
        if item.components:
            units = _kits(units, item, f"{_path(index)}.quantity", reasons)
        price = line.unit_price or item.price
        per = item.measure.size(unit) if unit and units and line.unit_price else None
        if price:
            currency = currency or price.currency
            if price.currency != currency:
                reasons.append(_mixed(price, currency, _path(index)))
            if price.minor < 0:
                reasons.append(_negative(_path(index)))
            total += extended(max(price.minor, 0), units, per or 10**item.scale)
        lines.append(_line(item=item, units=units, price=price.minor if price else None, unit=unit, per=per))
    if total > MINOR_MAX:
        reasons.append(Reason(code="total_out_of_range", detail="the order's total is out of range"))
        total = 0
    return _lines(lines=tuple(lines), currency=currency, total=total, reasons=tuple(reasons))


def _against(request: OrderRequest) -> list[Reason]:
    """What stands against the request as a whole, whatever its lines say."""
    reasons = []
    if request.refusal:
        reasons.append(Reason(code="not_an_order", detail=request.refusal))
    elif not request.items and not request.text:
        reasons.append(Reason(code="no_items", detail="an order has at least one line", path="$.items"))
    if request.currency:
        try:
            exponent_of(request.currency)
        except DomainError as error:
            reasons.append(Reason(code=error.code, detail=error.detail, path="$.currency"))
    return reasons


def _path(index: int) -> str:
    """The line that counts as ``index``, for whoever sent it. Made when it is needed: nearly every line can be read."""
    return f"$.items[{index}]"


def _units(line: RequestedLine, item: Item, unit: str | None, index: int, reasons: list[Reason]) -> int:
    try:
        if unit is None:
            units = to_units(line.quantity, item.scale)
        else:
            units = item.measure.base_units(line.quantity, unit, path=_path(index))
    except DomainError as error:
        reasons.append(Reason(code=error.code, detail=error.detail, path=error.path or f"{_path(index)}.quantity"))
        return 0
    if units > 0:
        return units
    detail = "quantity must be greater than zero"
    reasons.append(Reason(code="invalid_quantity", detail=detail, path=f"{_path(index)}.quantity"))
    return 0


def _kits(units: int, kit: Item, path: str, reasons: list[Reason]) -> int:
    """``units`` kits, unless so many take more of a component than any quantity may be."""
    if units * max(component.quantity for component in kit.components) <= UNITS_MAX:
        return units
    reasons.append(Reason(code="invalid_quantity", detail=f"{units} kits are out of range", path=path))
    return 0


def _unknown(line: RequestedLine, path: str) -> Reason:
    if line.sku:
        return Reason(code="unknown_item", detail=f"there is no item with the SKU '{line.sku}'", path=f"{path}.sku")
    detail = f"there is no item with the id '{line.product_id}'"
    return Reason(code="unknown_item", detail=detail, path=f"{path}.product_id")


def _mixed(price: Money, currency: str, path: str) -> Reason:
    detail = f"the line is priced in {price.currency}, the order is in {currency}"
    return Reason(code="mixed_currencies", detail=detail, path=f"{path}.unit_price")


def _negative(path: str) -> Reason:
    return Reason(code="invalid_money", detail="a price must not be negative", path=f"{path}.unit_price")
