"""The words of bodies and answers, each with its bounds, and the way between them and core values."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.kernel.money import Money, to_decimal, to_minor

Code = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Sku = Annotated[str, Meta(min_length=1, max_length=128)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
Reference = Annotated[str, Meta(min_length=1, max_length=128)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166 alpha-2, upper case")]
Currency = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=3,
        description="ISO 4217, upper case",
        examples=["GBP", "JPY", "KWD"],
        extra_json_schema={"pattern": "^[A-Z]{3}$"},
    ),
]
Moment = Annotated[datetime, Meta(tz=True)]
Priority = Annotated[int, Meta(ge=0, le=1_000_000)]
_DIGITS = r"[0-9]{1,9}(\.[0-9]{1,6})?$"
Number = Annotated[Decimal, Meta(extra_json_schema={"pattern": f"^-?{_DIGITS}"})]
NotNegative = Annotated[Decimal, Meta(extra_json_schema={"minimum": 0, "pattern": f"^{_DIGITS}"})]
Positive = Annotated[Decimal, Meta(extra_json_schema={"exclusiveMinimum": 0, "pattern": f"^{_DIGITS}"})]
"""Decimals, as a number or as text. The bounds are for the reader of the document: the rules themselves are the core's,
who knows the item's scale and says what is wrong in its own words."""

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def one_of(names: Iterable[str]) -> Meta:
    """For the reader of the document: the names the core knows. One it does not know, the core refuses by name."""
    return Meta(extra_json_schema={"enum": sorted(names)})


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A request body: unknown fields are refused. Written back, it holds what was said (see bodies.decode)."""


class Shown(msgspec.Struct, kw_only=True):
    """Part of an answer."""


class MoneyIn(Body):
    """An amount of money."""

    amount: Number
    currency: Currency


class MoneyOut(Shown):
    """An amount of money; the amount is a decimal string."""

    amount: str
    currency: str


def to_money(given: MoneyIn, path: str) -> Money:
    """The core's money. Raises InvalidMoney, naming ``path``."""
    minor = to_minor(given.amount, given.currency, path=path)
    return Money(minor=minor, currency=given.currency)


def show_money(money: Money | None) -> MoneyOut | None:
    """Money as a person reads it."""
    return MoneyOut(amount=str(to_decimal(money)), currency=money.currency) if money else None


def show_minor(minor: int | None, currency: str | None) -> MoneyOut | None:
    """``minor`` units of a currency as money; None where either is not known."""
    return None if minor is None or currency is None else show_money(Money(minor=minor, currency=currency))


def to_moment(given: datetime | None) -> datetime | None:
    """The moment in UTC; what lies beyond what the storage can tell apart is as good as its first or last day."""
    return given and min(max(given, _EARLIEST), _LATEST).astimezone(UTC)


def known_id(text: str, missing: NotFound) -> str:
    """``text`` as an id; raises ``missing`` for what no id looks like: it cannot name anything."""
    if not is_id(text):
        raise missing
    return text
