"""``fluxor doctor``: does everything hold that must hold at rest?"""

from collections.abc import Sequence

import typer

from entrypoints.cli.errors import ExitCode
from entrypoints.cli.options import AnyTenantOption, JsonOption, LimitOption
from entrypoints.cli.output import print_json, print_line, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session
from ports.invariants import Violation

CHECKS = {
    "I1": "available is never below minus the backorder limit",
    "I2": "every balance is the fold of its entries",
    "I3": "what is promised is what orders hold",
    "I4": "every submission ends",
    "I5": "shipped <= allocated <= ordered - cancelled",
    "I6": "every saga ends, waits for a person, or has something that moves it",
    "I7": "a stream's versions have no gap",
    "I8": "an order is journaled as it stands",
    "I10": "a dead letter keeps its cause",
    "I11": "what is reserved is what is held",
    "I15": "a snapshot is the fold of its entries",
    "I16": "a serial is one unit",
    "I17": "orders wait for no more than their shelf owes, once the relay has carried on what came to it",
}
"""The invariants of ports.invariants in a person's words."""


def doctor(
    context: typer.Context,
    tenant: AnyTenantOption = None,
    limit: LimitOption = 100,
    as_json: JsonOption = False,
) -> None:
    """Run the invariants; leave with 0 only when all hold, else print the rows that break them."""

    async def ask(session: Session) -> Sequence[Violation]:
        owner = None if tenant is None else await tenant_named(session, tenant)
        return await session.invariants.violations(owner, limit)

    found = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json({"ok": not found, "checks": _checks(found), "violations": found})
    else:
        _print(found)
    if found:
        raise typer.Exit(ExitCode.REFUSED)


def _checks(found: Sequence[Violation]) -> list[dict[str, object]]:
    broken = [violation.invariant.split(" ", 1)[0] for violation in found]
    return [{"invariant": key, "says": words, "violations": broken.count(key)} for key, words in CHECKS.items()]


def _print(found: Sequence[Violation]) -> None:
    for check in _checks(found):
        state = "holds" if not check["violations"] else f"BROKEN ({check['violations']} rows)"
        print_line(f"{check['invariant']:<4} {state:<8} {check['says']}")
    if found:
        rows = [(violation.invariant, violation.tenant, violation.detail) for violation in found]
        print_table("violations", ("invariant", "tenant", "detail"), rows)
