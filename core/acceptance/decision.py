"""The fold: one submission after the other, each through the same steps, whole or not at all."""

from collections.abc import Sequence
from datetime import datetime

from core.acceptance.events import Explanation, OrderAccepted, OrderHeld, OrderRejected
from core.acceptance.facts import Outcome, Requested, Working
from core.acceptance.lines import ReadLines, read_lines
from core.acceptance.promising import country_of, promise_lines
from core.configuration.flag import Flag
from core.credit import account as credit
from core.intake.submission import Address
from core.kernel.money import exponent_of
from core.kernel.quantity import SCALE_MAX
from core.kernel.value import maker
from core.orders.order import AllocatedPart, OrderFacts, OrderLine, Reason
from core.risk.assessment import RiskAssessment, RiskDecision, Signals, assess, established, remember
from core.routing.selection import choose

_outcome = maker(Outcome)
_accepted = maker(OrderAccepted)
_order_facts = maker(OrderFacts)
_order_line = maker(OrderLine)
_signals = maker(Signals)
_explanation = maker(Explanation)


def decide_batch(batch: Sequence[Requested], working: Working, now: datetime) -> list[Outcome]:
    """Decide every submission of ``batch`` in order, each after the effects of those before it.

    ``working`` holds the effects of earlier batches under the same facts, and those of this one afterwards.
    """
    outcomes = []
    for requested in batch:
        outcome = decide(requested, working, now)
        working.apply(outcome)
        outcomes.append(outcome)
    return outcomes


def decide(requested: Requested, working: Working, now: datetime) -> Outcome:
    """What becomes of one submission as things stand: accepted, rejected with reasons, or held for review."""
    lines = read_lines(requested, working)
    if lines.reasons:
        return _rejected(requested, lines, lines.reasons, Explanation())
    if requested.request.text and not requested.request.items:
        reason = Reason(code="unread_text", detail="the order is in free words; a person must read it", path="$.text")
        return _held(requested, lines, (reason,), Explanation())
    # An order that was placed long ago and is imported now is judged as of then: history is not a burst.
    placed = requested.request.placed_at or now
    risk = _risk(requested, working, lines, placed)
    if risk and risk.decision is RiskDecision.REJECT:
        reason = Reason(code="high_risk", detail=f"risk score {risk.score} of 1000: {_hits(risk)}")
        return _rejected(requested, lines, (reason,), Explanation(risk=risk))
    if risk and risk.decision is RiskDecision.REVIEW:
        reason = Reason(code="fraud_review", detail=f"risk score {risk.score} of 1000: {_hits(risk)}")
        return _held(requested, lines, (reason,), Explanation(risk=risk))
    return _promise(requested, working, lines, risk, placed)


def _promise(
    requested: Requested, working: Working, lines: ReadLines, risk: RiskAssessment | None, placed: datetime
) -> Outcome:
    """Credit, then stock, then a vendor: the first that refuses rejects the order."""
    request, tenant = requested.request, requested.submission.tenant
    customer = (tenant, request.customer) if request.customer else None
    account = working.account(customer) if customer else None
    if account:
        refusal = credit.refusal(account, lines.total, lines.currency)
        if refusal:
            reason = Reason(code="credit_limit_exceeded", detail=refusal)
            return _rejected(requested, lines, (reason,), Explanation(risk=risk, credit=refusal))
    credit_words = "within the limit" if account else "no account"
    promise = promise_lines(requested, working, lines.lines)
    explained = promise.explained
    if promise.reasons:
        why = Explanation(risk=risk, credit=credit_words, allocation=explained)
        return _rejected(requested, lines, promise.reasons, why)
    routing = choose(request.vendor_id, country_of(request), working.policies(tenant).routing)
    return _outcome(
        requested=requested,
        event=_accepted(
            facts=_facts(requested, lines, promise.parts),
            vendor=routing.vendor,
            explanation=_explanation(risk=risk, credit=credit_words, allocation=explained, routing=routing),
        ),
        history=remember(working.history(customer), placed, digest(request.ship_to)) if customer else None,
        account=credit.hold(account, lines.total) if account else None,
    )


def _risk(requested: Requested, working: Working, lines: ReadLines, placed: datetime) -> RiskAssessment | None:
    tenant, request = requested.submission.tenant, requested.request
    policies = working.policies(tenant)
    if requested.reviewed or not policies.flags[Flag.RISK_ASSESSMENT]:
        return None
    older = recent = used = 0
    new_ship_to = False
    if request.customer:
        history = working.history((tenant, request.customer))
        older, recent = established(history, placed)
        ship_to = digest(request.ship_to)
        new_ship_to = bool(history.ship_to and ship_to and history.ship_to != ship_to)
        account = working.account((tenant, request.customer))
        used = account.used_permille if account else 0
    signals = _signals(
        established_orders=older,
        recent_orders=recent,
        total=_rounded_up(lines.total, exponent_of(lines.currency)) if lines.currency else 0,
        units=_rounded_up(sum([line.units * 10 ** (SCALE_MAX - line.item.scale) for line in lines.lines]), SCALE_MAX),
        new_ship_to=new_ship_to,
        credit_used_permille=used,
    )
    return assess(signals, policies.risk)


def _rounded_up(number: int, decimals: int) -> int:
    """Whole units of ``number``: the first fraction over a limit is over it."""
    whole: int = -(-number // 10**decimals)
    return whole


def _rejected(requested: Requested, lines: ReadLines, reasons: tuple[Reason, ...], why: Explanation) -> Outcome:
    event = OrderRejected(facts=_facts(requested, lines), reasons=reasons, explanation=why)
    return Outcome(requested=requested, event=event)


def _held(requested: Requested, lines: ReadLines, reasons: tuple[Reason, ...], why: Explanation) -> Outcome:
    event = OrderHeld(facts=_facts(requested, lines), reasons=reasons, explanation=why)
    return Outcome(requested=requested, event=event)


def _facts(requested: Requested, read: ReadLines, parts: Sequence[tuple[AllocatedPart, ...]] = ()) -> OrderFacts:
    """What every outcome says; with the ``parts`` of its lines when it is promised."""
    submission = requested.submission
    return _order_facts(
        order_id=submission.order_id,
        intake_id=submission.id,
        channel=submission.channel,
        external_id=submission.external_id,
        customer=requested.request.customer,
        currency=read.currency,
        total=read.total,
        lines=tuple(
            [
                _order_line(
                    number=number,
                    item=line.item.id,
                    sku=line.item.sku,
                    scale=line.item.scale,
                    ordered=line.units,
                    price=line.price,
                    parts=parts[number - 1] if parts else (),
                    unit=line.unit,
                    per=line.per,
                    components=line.item.components,
                )
                for number, line in enumerate(read.lines, start=1)
            ]
        ),
        received_at=submission.received_at,
    )


def digest(address: Address | None) -> str | None:
    """Tells two ship-to addresses apart by what a carrier reads, or None when there is none."""
    if address is None:
        return None
    parts = (address.line1, address.line2, address.city, address.postcode, address.country)
    return "|".join((part or "").strip().lower() for part in parts)


def _hits(risk: RiskAssessment) -> str:
    return ", ".join(f"{name} {weight}" for name, weight in risk.hits)
