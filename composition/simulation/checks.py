"""What must hold when everything has come to rest."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from adapters.memory.invariants import CHECKS
from adapters.memory.journal import recorded
from adapters.memory.session import Session
from adapters.memory.store import Store
from adapters.memory.tables import (
    ACCOUNTS,
    BALANCES,
    DEAD,
    DEMAND,
    ENTRIES,
    HISTORIES,
    INTAKE,
    INTAKE_JOBS,
    ITEMS,
    JOBS,
    JOURNAL,
    ORDERS,
    RETURNS,
)
from adapters.toolkit.codec import decode_event
from composition.simulation.deliverers import broken_lists
from composition.simulation.faults import PlannedFaults
from composition.simulation.followed_checks import broken_followed
from composition.simulation.observer import relayed
from composition.simulation.saga_checks import broken_sagas
from composition.simulation.wishes import KeptAct, Wish
from composition.simulation.workload import Shop
from composition.simulation.world import World
from core.acceptance.demand import demand_of
from core.acceptance.events import OrderAccepted, OrderHeld, OrderRejected
from core.acceptance.queues import REVIEW
from core.intake.submission import Submission
from core.kernel.ids import NO_LOT
from core.orders.order import Order
from core.orders.returns import RefundState, Return

FAILED = ("error", "step failed; trying again")
"""What a worker's loop says, as an error, of an exception nobody anticipated."""
HOPELESS = ("poison", "killer")


def at_rest(store: Store) -> bool:
    """Nothing is left to do: no submission waits, no job but for a person, the relay stands at the end."""
    waiting = store.table(INTAKE_JOBS) or any(row.run_at is not None for row in store.table(JOBS).values())
    return not waiting and relayed(store)


def left_to_do(store: Store) -> str:
    """The same in words: how many of what."""
    jobs = Counter(row.queue for row in store.table(JOBS).values() if row.run_at is not None)
    waiting = {"submissions": len(store.table(INTAKE_JOBS)), **jobs, "events to relay": int(not relayed(store))}
    return ", ".join(f"{name} {number}" for name, number in waiting.items() if number) or "nothing"


def violations(world: World, shop: Shop) -> list[str]:
    """Everything that does not hold."""
    session = Session(world.store, "checks", None)
    found = [f"{name}: {detail}" for name, check in CHECKS.items() for _, detail in check(session)]
    found += world.observer.findings
    found += [f"nobody asked for: {complaint}" for complaint in world.loop.complaints]
    found += [
        f"a step failed: {fields.get('error')}"
        for level, message, fields in world.telemetry.messages
        if (level, message) == FAILED
    ]
    found += _wishes(world.store, shop, world.faults)
    found += _acts(world.store, shop.keeper.acts)
    found += _projections(world)
    found += _sums(world.store)
    found += _waiting(world.store)
    found += _whole(world.store)
    found += broken_lists(world.store, shop.deliverers.told)
    found += broken_sagas(world.store, shop.allocators.wanted, world.faults)
    found += broken_followed(world.store, shop.followers.wanted, shop.followers.strict)
    return found


def _wishes(store: Store, shop: Shop, faults: PlannedFaults) -> Iterator[str]:
    kept: dict[str, list[Submission]] = defaultdict(list)
    for submission in store.table(INTAKE).values():
        kept[submission.correlation].append(submission)
    for wish in shop.wishes:
        mine = kept[wish.marker]
        if wish.refusals:
            yield f"I4: {wish.marker} was refused: {wish.refusals[0]!r}"
        if len(mine) > 1:
            yield f"I8: {wish.marker} was taken in {len(mine)} times"
        receipts = {(receipt.id, receipt.order_id) for receipt in wish.receipts}
        if receipts - {(submission.id, submission.order_id) for submission in mine}:
            yield f"I4: {wish.marker} has a receipt for what is not there"
        if wish.repeatable and wish.sent and not wish.receipts:
            yield f"I4: {wish.marker} never got a receipt"
        for submission in mine:
            yield from _end_of(store, wish, submission, faults)


def _end_of(store: Store, wish: Wish, submission: Submission, faults: PlannedFaults) -> Iterator[str]:
    order = store.table(ORDERS).get((wish.tenant, submission.order_id))
    letter = store.table(DEAD).get((wish.tenant, submission.id))
    parked = store.table(JOBS).get((wish.tenant, submission.id))
    ends = [name for name, end in (("order", order and not order.held_at), ("letter", letter), ("job", parked)) if end]
    if len(ends) != 1:
        yield f"I10: {wish.marker} ended as {ends or 'nothing'}"
    if wish.kind in HOPELESS and order is not None and wish.request.items:
        yield f"I3: {wish.marker} is {wish.kind} and was decided all the same"
    explained = wish.kind in HOPELESS or faults.explain((wish.tenant, submission.id), letter)
    if letter is not None and not explained:
        yield f"I10: {wish.marker} was given up: {letter.code} {letter.detail} after {letter.job.attempts}"
    if parked is not None and (parked.queue != REVIEW or order is None or order.held_at is None):
        yield f"I10: {wish.marker} is parked and not under review"
    if order is not None:
        yield from _as_journaled(store, wish, order)


def _as_journaled(store: Store, wish: Wish, order: Order) -> Iterator[str]:
    rows = [
        (key[2], decode_event(row.name, row.payload))
        for key, row in store.table(JOURNAL).items()
        if key[:2] == (wish.tenant, order.facts.order_id)
    ]
    decisions = [row for row in rows if isinstance(row[1], OrderAccepted | OrderRejected | OrderHeld)]
    _, last = max(decisions, key=lambda row: row[0], default=(0, None))
    if isinstance(last, OrderHeld) and order.cancelled_at:
        return  # called off before anybody decided it
    kinds = ((OrderAccepted, order.accepted_at), (OrderRejected, order.rejected_at), (OrderHeld, order.held_at))
    for kind, at in kinds:
        if isinstance(last, kind) != (at is not None):
            yield f"I8: {wish.marker} is not as its last event {type(last).__name__} says"


def _acts(store: Store, acts: list[KeptAct]) -> Iterator[str]:
    groups: dict[str, set[str]] = defaultdict(set)
    for (_, _, group, _), row in store.table(ENTRIES).items():
        groups[row.movement.reason or ""].add(group)
    for act in acts:
        if act.happened is not None and len(groups[act.marker]) != int(act.happened):
            yield f"I8: {act.marker} happened {len(groups[act.marker])} times, its answer said {act.happened}"


def _projections(world: World) -> Iterator[str]:
    store = world.store
    events = [recorded(key, row) for key, row in store.table(JOURNAL).items()]
    lost = {event.key for event in events} - world.observer.delivered
    if lost:
        yield f"I7: {len(lost)} of {len(events)} events never reached a subscriber"
    due: Counter[tuple[object, ...]] = Counter()
    promised: Counter[tuple[object, ...]] = Counter()
    for change in demand_of(events):
        due[change.tenant, change.item, change.day] += change.ordered
        promised[change.tenant, change.item, change.day] += change.promised
    have = store.table(DEMAND)
    for key in sorted({*have, *due}, key=str):
        if have.get(key, (0, 0)) != (due[key], promised[key]):
            yield f"I8: demand of {key} is {have.get(key)}, the journal says {(due[key], promised[key])}"


def _whole(store: Store) -> Iterator[str]:
    """Every accepted order was promised whole, of a kit all that the catalogue says it is made of."""
    for (tenant, stream, _), row in store.table(JOURNAL).items():
        event = decode_event(row.name, row.payload)
        if not isinstance(event, OrderAccepted):
            continue
        due: Counter[str] = Counter()
        have: Counter[str] = Counter()
        for line in event.facts.lines:
            made_of = store.table(ITEMS)[tenant, line.item].components
            for item, quantity in [(part.item, part.quantity) for part in made_of] or [(line.item, 1)]:
                due[item] += line.ordered * quantity
            for part in line.parts:
                have[part.item or line.item] += part.quantity
        if have != due:
            yield f"I3: order {stream} was accepted with {dict(have)} of {dict(due)}"


def _sums(store: Store) -> Iterator[str]:
    exposure: Counter[tuple[str, str]] = Counter()
    orders: Counter[tuple[str, str]] = Counter()
    for (tenant, known), order in store.table(ORDERS).items():
        facts = order.facts
        if order.accepted_at is None:
            continue
        if facts.total != sum(line.worth(line.due) for line in facts.lines):
            yield f"I12: order {known} is for {facts.total}, its lines say otherwise"
        if facts.customer is not None:
            orders[tenant, facts.customer] += 1
            exposure[tenant, facts.customer] += facts.total if order.on_account else 0
    for (tenant, _), (_, one) in store.table(RETURNS).items():
        yield from _refunds(store, tenant, one)
        yield from _replacements(store, tenant, one)
    for key, history in store.table(HISTORIES).items():
        if history.orders != orders[key]:
            yield f"I12: {key} has {orders[key]} accepted orders, the history counts {history.orders}"
    for key, account in store.table(ACCOUNTS).items():
        if account.exposure != exposure[key]:
            yield f"I12: {key} owes {account.exposure}, what is due of his orders adds up to {exposure[key]}"
    for key, row in store.table(BALANCES).items():
        item = store.table(ITEMS)[key[0], key[1]]
        if row.balance.backorder_limit != item.backorder_limit:
            limit = row.balance.backorder_limit
            yield f"I1: {item.sku} may owe {item.backorder_limit}, its balance at {key[2]} thinks {limit}"


def _refunds(store: Store, tenant: str, one: Return) -> Iterator[str]:
    parts = [part for refund in one.refunds if refund.state is not RefundState.REFUSED for part in refund.parts]
    for line in store.table(ORDERS)[tenant, one.order].facts.lines:
        back = {wanted.item: wanted.quantity for wanted in one.lines if wanted.line == line.number}
        paid = line.worth(line.whole(back))
        given = sum(part.amount for part in parts if part.line == line.number)
        if given > paid:
            yield f"I12: return {one.id} gives {given} back for what cost {paid}"


def _replacements(store: Store, tenant: str, one: Return) -> Iterator[str]:
    """What is sent in exchange was taken in, and one order at most is sent."""
    taken = {submission.order_id for key, submission in store.table(INTAKE).items() if key[0] == tenant}
    for known in one.replaced_by:
        if known not in taken:
            yield f"I4: order {known} is sent in exchange for return {one.id}, and nobody was asked for it"
    orders = [store.table(ORDERS).get((tenant, known)) for known in one.replaced_by]
    if any(order is not None and order.accepted_at and not order.cancelled_at for order in orders[:-1]):
        yield f"I12: return {one.id} is exchanged twice"


def _waiting(store: Store) -> Iterator[str]:
    """Nobody here moves goods into quality control but by a return."""
    waiting: Counter[tuple[str, ...]] = Counter()
    for (tenant, _), (_, one) in store.table(RETURNS).items():
        for units in one.waiting:
            waiting[tenant, units.item, units.location, units.lot or NO_LOT] += units.quantity
    for key, row in store.table(BALANCES).items():
        if row.balance.quality_control != waiting[key]:
            yield f"I5: item {key[1]} at {key[2]}: {waiting[key]} wait for inspection, the shelf says otherwise"
