"""``fluxor order what-if``: the orders of a time once more, under another allocation policy."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from core.acceptance.tally import Load, Report
from core.acceptance.what_if import Replay
from core.inventory.history import past_moment
from core.inventory.ranking import AllocationPolicy, check_policy
from core.kernel.errors import Rejected
from core.kernel.event import START, Cursor
from core.kernel.quantity import SCALE_MAX, to_amount
from entrypoints.cli.options import JsonOption, TenantOption
from entrypoints.cli.order_explained import group
from entrypoints.cli.output import print_json, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session
from entrypoints.cli.stock_history import read_moment
from entrypoints.cli.what_if_stage import stage_at

__all__ = ["group"]  # the same as in order_explained.py, with this command too
TOGETHER = 500
"""Happenings in one page."""
Reports = tuple[Report, Report]
"""Under the policy in force, and under the other."""


class UnreadablePolicy(Rejected):
    """The file holds no allocation policy."""

    code = "unreadable_policy"


@group.command("what-if")
def what_if(
    context: typer.Context,
    policy: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="An allocation policy as JSON, as the API takes it."),
    ],
    since: Annotated[datetime, typer.Option("--from", parser=read_moment, metavar="TIME", help="After this moment.")],
    until: Annotated[datetime, typer.Option("--to", parser=read_moment, metavar="TIME", help="Up to this moment.")],
    tenant: TenantOption,
    as_json: JsonOption = False,
) -> None:
    """Decide the orders of a time once more, under the policy in force and under another; nothing is changed."""

    async def ask(session: Session) -> Reports:
        owner, now = await tenant_named(session, tenant), session.clock.now()
        start, end = past_moment(since, now), past_moment(until, now)
        in_force = (await session.policies.policies(owner)).allocation
        stage = await stage_at(session, owner, start)
        replays = [Replay(stage, one) for one in (in_force, read_policy(policy.read_bytes()))]
        after: Cursor | None = START
        while after is not None:
            page = await session.past.happened(owner, start, end, after=after, limit=TOGETHER)
            for happening in page.happenings:
                for replay in replays:
                    replay.happen(happening)
            after = page.next
        return replays[0].tally.report(), replays[1].tally.report()

    now, then = run_in_session(context, ask, as_json=as_json)
    if as_json:
        answer = {"in_force": _as_json(now), "what_if": _as_json(then), "difference": _difference(now, then)}
        print_json({"from": since, "to": until, **answer})
        return
    print_table("what would have been", ("", "in force", "what if", "difference"), _rows(now, then))


def read_policy(body: bytes) -> AllocationPolicy:
    """The policy in ``body``. Raises UnreadablePolicy, UnknownRule, InvalidAllocationPolicy."""
    try:
        named = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        policy = msgspec.json.decode(body, type=AllocationPolicy)
    except msgspec.DecodeError as error:
        raise UnreadablePolicy(f"no allocation policy: {error}") from error
    unknown = sorted(set(named) - {field.name for field in fields(AllocationPolicy)})
    if unknown:
        raise UnreadablePolicy(f"an allocation policy has no '{unknown[0]}'", path=f"$.{unknown[0]}")
    check_policy(policy)
    return policy


def _numbers(report: Report) -> dict[str, int]:
    """What is counted, by name; quantities as the report has them."""
    return {field.name: getattr(report, field.name) for field in fields(Report) if field.name != "load"}


def _as_json(report: Report) -> dict[str, object]:
    shown: dict[str, object] = {name: _shown(name, number) for name, number in _numbers(report).items()}
    shown["order_fill_rate"] = _rate(report.served_orders, report.orders)
    shown["quantity_fill_rate"] = _rate(report.served_quantity, report.quantity)
    shown["load"] = {
        code: {"orders": load.orders, "quantity": to_amount(load.quantity, SCALE_MAX)}
        for code, load in report.load.items()
    }
    return shown


def _difference(now: Report, then: Report) -> dict[str, object]:
    before, after = _numbers(now), _numbers(then)
    shown: dict[str, object] = {name: _shown(name, after[name] - before[name]) for name in before}
    shown["load"] = {
        code: {"orders": b.orders - a.orders, "quantity": to_amount(b.quantity - a.quantity, SCALE_MAX)}
        for code, a, b in _loads(now, then)
    }
    return shown


def _rows(now: Report, then: Report) -> Iterator[tuple[object, ...]]:
    before, after = _numbers(now), _numbers(then)
    for name in before:
        words = (before[name], after[name], after[name] - before[name])
        yield name.replace("_", " "), *(_shown(name, number) for number in words)
    rates = [(_rate(one.served_orders, one.orders), _rate(one.served_quantity, one.quantity)) for one in (now, then)]
    yield "order fill rate", rates[0][0], rates[1][0], None
    yield "quantity fill rate", rates[0][1], rates[1][1], None
    for code, a, b in _loads(now, then):
        yield f"orders from {code}", a.orders, b.orders, b.orders - a.orders


def _loads(now: Report, then: Report) -> Iterator[tuple[str, Load, Load]]:
    nothing = Load(orders=0, quantity=0)
    for code in sorted({*now.load, *then.load}):
        yield code, now.load.get(code, nothing), then.load.get(code, nothing)


def _shown(name: str, number: int) -> object:
    return to_amount(number, SCALE_MAX) if name.endswith("quantity") else number


def _rate(served: int, wanted: int) -> str | None:
    """In per cent, rounded down: 100 says all."""
    return f"{served * 10_000 // wanted / 100:.2f}" if wanted else None
