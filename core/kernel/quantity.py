"""Quantities are integers of an item's smallest unit; an item's *scale* says how many decimals that is.

Scale 0 counts pieces, scale 3 sells by the metre to the millimetre. No floats: text or ``Decimal`` at the edge.
"""

from decimal import Decimal, InvalidOperation

from core.kernel.errors import Rejected

SCALE_MAX = 6
UNITS_MAX = 10**15
"""The largest quantity of base units one command may carry; sums of them stay far inside 64 bits."""


class InvalidQuantity(Rejected):
    """Not a finite decimal number, too large, or finer than the item's scale."""

    code = "invalid_quantity"


def to_units(amount: Decimal | int | str, scale: int, *, path: str | None = None) -> int:
    """Base units of ``amount`` for an item of ``scale`` decimals.

    Raises InvalidQuantity when the amount is not a finite number, has more decimals than the item, or exceeds
    ``UNITS_MAX`` base units.
    """
    if scale == 0 and isinstance(amount, Decimal) and amount.is_finite() and abs(amount.adjusted()) < 16:
        # Whole pieces are what nearly every order asks for.
        pieces = int(amount)
        if pieces == amount and abs(pieces) <= UNITS_MAX:
            return pieces
    try:
        number = Decimal(amount)
    except InvalidOperation:
        raise InvalidQuantity(f"'{amount}' is not a decimal number", path=path) from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise InvalidQuantity(f"{amount} is out of range", path=path)
    units = int(number.scaleb(scale))
    if abs(units) > UNITS_MAX:
        raise InvalidQuantity(f"{amount} is out of range", path=path)
    if to_amount(units, scale) != number:  # scaleb rounds very long fractions; a comparison never does
        raise InvalidQuantity(f"{amount} has more than {scale} decimals", path=path)
    return units


def to_amount(units: int, scale: int) -> Decimal:
    """The decimal a person reads for ``units`` of an item with ``scale`` decimals."""
    return Decimal(units).scaleb(-scale)
