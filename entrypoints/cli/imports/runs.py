"""The imports as coroutines on a session: what the commands and the tests run."""

from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.acceptance.policies import Policy
from core.inventory.acts import Act
from core.kernel.ids import TenantId
from core.kernel.value import value
from entrypoints.cli.imports import catalogue, deliveries, grouping, orders, policies, prices, stock
from entrypoints.cli.imports.columns import Field, find_columns
from entrypoints.cli.imports.deciding import deciding, until_decided
from entrypoints.cli.imports.drafts import Draft
from entrypoints.cli.imports.importing import Done, Plan, import_file, only_counted, summary_of
from entrypoints.cli.imports.meter import Meter
from entrypoints.cli.imports.pipeline import Applied, Apply
from entrypoints.cli.imports.rows import one_a_row
from entrypoints.cli.imports.source import Source, open_source
from entrypoints.cli.running import tenant_named
from entrypoints.cli.session import Session

Summary = dict[str, object]
Run = Callable[[Session], Coroutine[Any, Any, Summary]]


@value
class OrderOptions:
    """How rows are read as orders, and whether to stay until they are decided."""

    currency: str = "GBP"
    date_format: str | None = None
    cancel_prefix: str = "C"
    wait: bool = True
    overrides: Mapping[str, str]


@value
class ActOptions:
    """What rows do to stock, where they name no place; ``delivery`` tells one delivery from another of the same rows.

    Receipts that name an unknown place are rejected, and so are counts unless it is to be opened.
    """

    act: Act = Act.COUNT
    location: str = "MAIN"
    create_locations: bool = False
    delivery: str = ""
    fields: tuple[Field, ...] = (*stock.FIELDS, stock.UNIT)


def import_catalogue(plan: Plan, tenant: str, overrides: Mapping[str, str], currency: str, *, quiet: bool) -> Run:
    """Items from a list, or from the SKUs that orders mention."""

    async def run(session: Session) -> Summary:
        owner = await tenant_named(session, tenant)
        apply = only_counted if plan.dry_run else catalogue.CatalogueImport(session, owner)
        with open_source(plan.file) as source, Meter("items", source, quiet=quiet) as meter:
            reader = catalogue.ItemReader(find_columns(catalogue.FIELDS, source.header, overrides), currency)
            if reader.from_orders:
                # An item is known only when every row was seen, so there is nothing to go on from half-way.
                done = await import_file(
                    replace(_of(plan, owner), resumable=False),
                    source,
                    meter,
                    lambda rows, skipped: catalogue.chunks_of_orders(rows, reader),
                    apply,
                )
            else:
                done = await import_file(
                    _of(plan, owner),
                    source,
                    meter,
                    lambda rows, skipped: catalogue.chunks_of_list(rows, reader, skipped),
                    apply,
                )
        return summary_of(done)

    return run


def import_acts(plan: Plan, tenant: str, overrides: Mapping[str, str], options: ActOptions, *, quiet: bool) -> Run:
    """Counts of shelves, or receipts."""

    async def run(session: Session) -> Summary:
        owner = await tenant_named(session, tenant)
        with open_source(plan.file) as source, Meter(plan.kind, source, quiet=quiet) as meter:
            columns = find_columns(options.fields, source.header, overrides)
            reason = f"import {plan.file.name}"
            reader = stock.ActReader(columns, options.act, reason=reason, location=options.location)
            done = await import_file(
                _of(plan, owner),
                source,
                meter,
                lambda rows, skipped: one_a_row(rows, reader.read, skipped),
                only_counted if plan.dry_run else _entering(session, owner, plan, options),
            )
        return summary_of(done)

    return run


def _entering(session: Session, owner: TenantId, plan: Plan, options: ActOptions) -> Apply[stock.StockRow]:
    if options.act is Act.RECEIVE:
        return deliveries.DeliveryImport(session, owner, deliveries.delivery_of(plan.file, options.delivery))
    return stock.StockImport(session, owner, create_locations=options.create_locations)


def import_prices(plan: Plan, tenant: str, overrides: Mapping[str, str], currency: str, *, quiet: bool) -> Run:
    """Prices by SKU."""

    async def run(session: Session) -> Summary:
        owner = await tenant_named(session, tenant)
        with open_source(plan.file) as source, Meter("prices", source, quiet=quiet) as meter:
            reader = prices.PriceReader(find_columns(prices.FIELDS, source.header, overrides), currency)
            done = await import_file(
                _of(plan, owner),
                source,
                meter,
                lambda rows, skipped: one_a_row(rows, reader.read, skipped),
                only_counted if plan.dry_run else prices.PriceImport(session, owner),
            )
        return summary_of(done)

    return run


def import_policy(policy: Policy, tenant: str, *, dry_run: bool) -> Run:
    """One policy."""

    async def run(session: Session) -> Summary:
        owner = await tenant_named(session, tenant)
        held = policy if dry_run else await policies.set_policy(session, owner, policy)
        return policies.summary_of(held, dry_run=dry_run)

    return run


def import_orders(plan: Plan, tenant: str, options: OrderOptions, *, quiet: bool) -> Run:
    """Orders, decided by a worker of this process unless told not to wait."""

    async def run(session: Session) -> Summary:
        owner = await tenant_named(session, tenant)
        with open_source(plan.file) as source, Meter("orders", source, quiet=quiet) as meter:
            if plan.dry_run or not options.wait:
                return summary_of(await _take_in(session, plan, owner, options, source, meter))
            async with deciding(session) as worker:
                done = await _take_in(session, plan, owner, options, source, meter)
                decided = await until_decided(session, owner, worker, meter.note)
                return {**summary_of(done), **decided, "decided_after_seconds": round(meter.seconds, 3)}

    return run


async def _take_in(
    session: Session, plan: Plan, owner: TenantId, options: OrderOptions, source: Source, meter: Meter
) -> Done:
    columns = find_columns(grouping.FIELDS, source.header, options.overrides)
    reader = grouping.RowReader(columns, currency=options.currency, date_format=options.date_format)
    return await import_file(
        _of(plan, owner),
        source,
        meter,
        lambda rows, skipped: orders.chunks_of(
            grouping.group_orders(rows, reader, skipped=skipped), options.cancel_prefix
        ),
        _counted_orders if plan.dry_run else orders.OrderImport(session, owner),
        at_once=orders.AT_ONCE,
    )


async def _counted_orders(drafts: Sequence[Draft]) -> Applied:
    return Applied(
        accepted=sum(len(draft.rows) for draft in drafts), tallies=Counter(draft.becomes for draft in drafts)
    )


def _of(plan: Plan, owner: TenantId) -> Plan:
    """Whose import it is is part of what it is."""
    return replace(plan, options=(*plan.options, owner))
