"""Stock as it was at any moment, and the way back from a number to what made it.

Words: as of a moment counts every entry recorded up to it, the moment included. A *snapshot* is a balance at the end of
a day (UTC), there only for days on which entries touched the balance: the latest one up to a day is the balance at that
day's end. A day is *complete* once its snapshots are made; that is begun when it has been over for a while, because a
transaction records under the time it began. The *chain* of a number leads from its newest entry backwards. A count
anchors it: somebody looked at the shelf then, and what lies before does not explain the number any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from core.inventory.balance import Balance, BalanceKey, EntryKind, Movement
from core.inventory.cause import Cause
from core.inventory.stock import evolve
from core.kernel.errors import Rejected
from core.kernel.ids import GroupId
from core.kernel.value import value

SETTLING = timedelta(minutes=30)
"""How long a day must be over before its snapshots are made."""
DAY = timedelta(days=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Ids begin here, so nothing was recorded earlier."""


class MomentInTheFuture(Rejected):
    """Nobody knows what stock will be."""

    code = "moment_in_the_future"


@value
class SnapshotDays:
    """The complete days, first and last. What was entered before the first day is in its snapshots too."""

    since: date
    through: date


class ChainEnd(StrEnum):
    """Why a chain goes no further back."""

    LIMIT = "limit"
    BEGINNING = "beginning"
    COUNT = "count"


@value
class PastEntry:
    """One entry of the ledger, with the code of its location and its cause."""

    group: GroupId
    number: int
    location: str
    movement: Movement
    cause: Cause | None
    actor: str
    recorded_at: datetime


@value
class Step:
    """One entry of a chain, and what its shelf held after it. ``anchored``: a count, where the shelf's chain ends."""

    entry: PastEntry
    available: int
    on_hand: int
    anchored: bool


@value
class Chain:
    """The steps so far, newest first; ``before`` has each shelf that is not anchored as it was before them."""

    before: Mapping[BalanceKey, Balance]
    steps: tuple[Step, ...] = ()


def past_moment(at: datetime, now: datetime) -> datetime:
    """``at`` in UTC and within the ledger's time. Raises MomentInTheFuture."""
    if at > now:
        raise MomentInTheFuture(f"{at.isoformat()} has not come yet", path="$.at")
    return BEGINNING if at <= BEGINNING else at.astimezone(UTC)


def last_settled_day(now: datetime) -> date:
    """The last day whose snapshots may be made at ``now``."""
    return (now.astimezone(UTC) - SETTLING).date() - DAY


def snapshot_day(days: SnapshotDays | None, at: datetime) -> date | None:
    """The last complete day that was over at ``at``; None: there is none, everything counts from the beginning."""
    if days is None:
        return None
    last = min(days.through, at.astimezone(UTC).date() - DAY)
    return last if last >= days.since else None


def start_after(day: date | None) -> datetime:
    """The first moment that the snapshots of ``day`` know nothing of."""
    return BEGINNING if day is None else datetime.combine(day + DAY, time(), UTC)


def follow(chain: Chain, entries: Iterable[PastEntry]) -> Chain:
    """The chain further back through ``entries``, which go on, newest first, where it ends."""
    before, steps = dict(chain.before), list(chain.steps)
    for entry in entries:
        key = entry.movement.key
        if key not in before:
            continue
        balance, anchored = before[key], entry.movement.kind is EntryKind.COUNT
        steps.append(Step(entry=entry, available=balance.available, on_hand=balance.on_hand, anchored=anchored))
        if anchored:
            del before[key]
        else:
            before[key] = undone(balance, entry.movement)
    return Chain(before=before, steps=tuple(steps))


def cut(chain: Chain, limit: int) -> tuple[tuple[Step, ...], ChainEnd]:
    """The newest ``limit`` steps of a chain that was followed beyond them or as far as it goes, and why it ends."""
    if len(chain.steps) > limit:
        return chain.steps[:limit], ChainEnd.LIMIT
    return chain.steps, ChainEnd.BEGINNING if chain.before or not chain.steps else ChainEnd.COUNT


def undone(balance: Balance, movement: Movement) -> Balance:
    """The balance before ``movement``."""
    return evolve(balance, replace(movement, source=movement.target, target=movement.source))


def with_causes(steps: Iterable[Step], known: Mapping[Cause, Cause]) -> tuple[Step, ...]:
    """The steps with each cause that was looked up in place of what the ledger says."""
    return tuple(
        replace(step, entry=replace(step.entry, cause=known.get(step.entry.cause, step.entry.cause)))
        if step.entry.cause is not None
        else step
        for step in steps
    )
