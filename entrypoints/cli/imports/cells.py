"""Cells as values. Whatever cannot be read with certainty is refused in words a person can act on."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from core.kernel.errors import Rejected
from core.kernel.money import Money, to_minor

_PLAIN = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d{1,9})")
_GROUPED_DOT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d{1,9})")
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,15},(\d{1,2}|\d{4,9})")
_SIGNS = "£$€¥ \u00a0"
ID_MAX = 200
TEXT_MAX = 500


class BadCell(Rejected):
    """A cell that does not say what its column is for."""

    code = "bad_cell"


@lru_cache(maxsize=8192)
def number(text: str, field: str) -> Decimal:
    """``text`` as a number: 1234.5, 1,234.50, 1.234,50 or 1234,5, with a currency sign or not. Raises BadCell.

    A lone comma before three digits could mean either, so it is refused.
    """
    bare = text.strip(_SIGNS)
    if _PLAIN.fullmatch(bare):
        return Decimal(bare)
    if _GROUPED_COMMA.fullmatch(bare):
        return Decimal(bare.replace(",", ""))
    if _GROUPED_DOT.fullmatch(bare) or _DECIMAL_COMMA.fullmatch(bare):
        return Decimal(bare.replace(".", "").replace(",", "."))
    raise BadCell(f"{field} '{text[:40]}' is not a number" if text else f"{field} is empty")


@lru_cache(maxsize=8192)
def price(text: str, currency: str, field: str = "unit_price") -> Money | None:
    """``text`` as an amount of money that is not negative; None when it is empty. Raises BadCell, InvalidMoney."""
    if not text:
        return None
    amount = number(text, field)
    if amount < 0:
        raise BadCell(f"{field} {amount} is negative")
    return Money(minor=to_minor(amount, currency), currency=currency)


@lru_cache(maxsize=4096)
def moment(text: str, date_format: str | None) -> datetime | None:
    """``text`` as a time, UTC unless it says otherwise; None when it is empty.

    Reads ISO 8601 and what is close to it; anything else needs ``date_format`` (as in strptime). Raises BadCell.
    """
    if not text:
        return None
    try:
        if date_format is None:
            read = datetime.fromisoformat(text.removesuffix(" UTC"))
        else:
            read = datetime.strptime(text, date_format)  # noqa: DTZ007 - the zone is settled below
    except ValueError:
        wanted = date_format or "ISO 8601; name its shape with --date-format, such as %d/%m/%Y %H:%M"
        raise BadCell(f"placed_at '{text[:40]}' is not a date as {wanted}") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def day(text: str, field: str) -> date | None:
    """``text`` as a day, such as 2026-09-30; None when it is empty. Raises BadCell."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadCell(f"{field} '{text[:40]}' is not a day such as 2026-09-30") from None


def identifier(text: str, field: str) -> str:
    """``text`` as something to find things by. Raises BadCell when it is empty or too long."""
    if not text:
        raise BadCell(f"{field} is empty")
    if len(text) > ID_MAX:
        raise BadCell(f"{field} is longer than {ID_MAX} characters")
    return text
