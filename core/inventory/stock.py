"""A balance and what may be done to it: every change is a movement between two accounts."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from core.inventory.balance import BUCKETS, MOVABLE, Account, Balance, BalanceKey, EntryKind, Movement
from core.kernel.errors import Conflict, Rejected
from core.kernel.quantity import UNITS_MAX
from core.kernel.value import value


class InsufficientStock(Conflict):
    """The bucket does not hold what the command would take."""

    code = "insufficient_stock"


class InvalidMovement(Rejected):
    """A movement that says nothing: no quantity, no reason where one is due, or from a bucket to itself."""

    code = "invalid_movement"


@value
class ReceiveStock:
    """Goods from a supplier arrive and can be sold."""

    key: BalanceKey
    quantity: int
    reason: str | None = None


@value
class AdjustStock:
    """Correct ``available`` by ``change`` (either sign), because ``reason``."""

    key: BalanceKey
    change: int
    reason: str


@value
class CountStock:
    """A person counted ``counted`` base units on the shelf, whatever state they are in.

    The difference to on_hand goes to ``available``: what is promised or set aside stays so.
    """

    key: BalanceKey
    counted: int
    reason: str


@value
class MoveStock:
    """Move between two buckets of one shelf: into or out of damage, quality control or safety stock."""

    key: BalanceKey
    source: Account
    target: Account
    quantity: int
    reason: str


@value
class CommitStock:
    """Promise ``quantity`` to an order; may use the backorder limit."""

    key: BalanceKey
    quantity: int


StockCommand = ReceiveStock | AdjustStock | CountStock | MoveStock | CommitStock


def decide(balance: Balance, command: StockCommand) -> tuple[Movement, ...]:
    """The movements ``command`` makes of ``balance``; none when nothing would change.

    Raises InvalidMovement for a command that makes no sense, InsufficientStock when a bucket would break its bound.
    """
    movements = _movements(balance, command)
    after = balance
    for movement in movements:
        after = evolve(after, movement)
    broken = violation(after)
    if broken is not None:
        raise InsufficientStock(broken, path="$.quantity")
    return movements


def _movements(balance: Balance, command: StockCommand) -> tuple[Movement, ...]:
    match command:
        case ReceiveStock():
            quantity = _positive(command.quantity)
            return (_move(command, EntryKind.RECEIVE, Account.SUPPLIER, Account.AVAILABLE, quantity),)
        case AdjustStock():
            return _difference(command, EntryKind.ADJUST, command.change)
        case CountStock():
            if command.counted < 0:
                raise InvalidMovement("a count cannot be negative", path="$.quantity")
            return _difference(command, EntryKind.COUNT, command.counted - balance.on_hand)
        case MoveStock():
            if command.source is command.target or {command.source, command.target} - set(MOVABLE):
                raise InvalidMovement(
                    f"stock moves between two of {', '.join(MOVABLE)}, not {command.source} to {command.target}",
                    path="$.to_bucket",
                )
            quantity = _positive(command.quantity)
            return (_move(command, _kind_of(command), command.source, command.target, quantity),)
        case CommitStock():
            quantity = _positive(command.quantity)
            movement = Movement(
                key=command.key,
                kind=EntryKind.COMMIT,
                source=Account.AVAILABLE,
                target=Account.COMMITTED,
                quantity=quantity,
            )
            return (movement,)
        case _:
            assert_never(command)


def evolve(balance: Balance, movement: Movement) -> Balance:
    """The balance after ``movement``: a nominal account on either side leaves no trace in it."""
    buckets = {
        account: getattr(balance, account) + change
        for account, change in ((movement.source, -movement.quantity), (movement.target, movement.quantity))
        if account in BUCKETS
    }
    return replace(balance, **buckets)


def violation(balance: Balance) -> str | None:
    """Which bound of the ledger ``balance`` breaks, in words, or None. The database holds the same as CHECKs."""
    if balance.available < -balance.backorder_limit:
        return f"available would be {balance.available}, the limit is {-balance.backorder_limit}"
    for bucket in BUCKETS:
        if bucket is not Account.AVAILABLE and getattr(balance, bucket) < 0:
            return f"{bucket} would be {getattr(balance, bucket)}"
    shelf = balance.available + balance.reserved + balance.committed
    if shelf < 0:
        return f"available, reserved and committed together would be {shelf}"
    return None


def check_bounds(balances: Iterable[Balance], movements: Iterable[Movement]) -> None:
    """Raises InsufficientStock when ``movements``, all of ``balances``, would together break a bound of one of them."""
    after = {balance.key: balance for balance in balances}
    for movement in movements:
        after[movement.key] = evolve(after[movement.key], movement)
    for balance in after.values():
        broken = violation(balance)
        if broken is not None:
            raise InsufficientStock(f"item {balance.key.item} at {balance.key.location}: {broken}")


def _difference(command: AdjustStock | CountStock, kind: EntryKind, change: int) -> tuple[Movement, ...]:
    if change > 0:
        return (_move(command, kind, Account.ADJUSTMENT, Account.AVAILABLE, change),)
    if change < 0:
        return (_move(command, kind, Account.AVAILABLE, Account.ADJUSTMENT, -change),)
    return ()


def _move(
    command: ReceiveStock | AdjustStock | CountStock | MoveStock,
    kind: EntryKind,
    source: Account,
    target: Account,
    quantity: int,
) -> Movement:
    return Movement(key=command.key, kind=kind, source=source, target=target, quantity=quantity, reason=command.reason)


def _kind_of(command: MoveStock) -> EntryKind:
    if Account.SAFETY_STOCK in (command.source, command.target):
        return EntryKind.SET_SAFETY
    return EntryKind.DAMAGE if command.target is Account.DAMAGED else EntryKind.MOVE


def _positive(quantity: int) -> int:
    if not 0 < quantity <= UNITS_MAX:
        raise InvalidMovement("quantity must be greater than zero", path="$.quantity")
    return quantity
