"""Money is an integer of a currency's minor unit. Splitting keeps the total."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from core.kernel.errors import Rejected
from core.kernel.value import value

MINOR_MAX = 10**15
_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
_TWO_DECIMALS = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR "
    "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
    "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG".split()
)


class InvalidMoney(Rejected):
    """Not an ISO 4217 currency, or an amount its minor unit cannot carry."""

    code = "invalid_money"


@value
class Money:
    """``minor`` units (may be negative) of ``currency`` (ISO 4217, upper case)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent_of(self.currency)


def exponent_of(currency: str, *, path: str | None = None) -> int:
    """Decimals of ``currency`` (ISO 4217). Raises InvalidMoney for a code that is none."""
    exponent = _EXPONENTS.get(currency, 2 if currency in _TWO_DECIMALS else None)
    if exponent is None:
        raise InvalidMoney(f"'{currency}' is not an ISO 4217 currency", path=path)
    return exponent


def to_minor(amount: Decimal | int | str, currency: str, *, path: str | None = None) -> int:
    """Minor units of a decimal ``amount``. Raises InvalidMoney for too many decimals or an amount out of range."""
    exponent = exponent_of(currency, path=path)
    try:
        number = Decimal(amount)
    except InvalidOperation:
        raise InvalidMoney(f"'{amount}' is not a decimal number", path=path) from None
    if not number.is_finite() or abs(number.adjusted()) > 30 or abs(number.scaleb(exponent)) > MINOR_MAX:
        raise InvalidMoney(f"{amount} is out of range", path=path)
    minor = int(number.scaleb(exponent))
    if Decimal(minor).scaleb(-exponent) != number:  # scaleb rounds very long fractions; a comparison never does
        raise InvalidMoney(f"{currency} has {exponent} decimals; {amount} has more", path=path)
    return minor


def to_decimal(money: Money) -> Decimal:
    """The amount a person reads, with the currency's decimals."""
    return Decimal(money.minor).scaleb(-exponent_of(money.currency))


def extended(price: int, units: int, per: int) -> int:
    """The extended price: minor units for ``units`` at ``price`` for ``per`` of them, rounded half to even."""
    if per == 1:
        return price * units
    whole, rest = divmod(price * units, per)
    twice = 2 * rest - per
    return whole + (1 if twice > 0 or (twice == 0 and whole % 2) else 0)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Shares of ``total`` (>= 0) in proportion to ``weights``; they add up to ``total`` (largest remainder).

    ``weights`` are non-negative and not all zero.
    """
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares
