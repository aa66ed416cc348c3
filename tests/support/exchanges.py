"""An exchange in a line, and the order that is sent in it at whatever stage."""

from dataclasses import replace
from decimal import Decimal

from core.kernel.decider import replay
from core.kernel.ids import IntakeId, LocationId, OrderId, ReturnId
from core.orders.changing import AcceptFulfilment, ShipFulfilment
from core.orders.dossier import Dossier, evolve
from core.orders.exchanging import Exchange
from core.orders.fulfilment import derived_id
from core.orders.order import Order
from core.orders.return_decisions import decide_return
from core.orders.return_events import ReturnEvent
from core.orders.returning import ReplacementWish, RequestReturn, ReturnChange, ReturnWish
from core.orders.returns import ReturnKind
from tests.support.given import NOW, an_id, order_facts
from tests.support.orders import a_dossier, after, first

PLACES = {"W101": LocationId(an_id(101))}
ORDER = a_dossier().order.facts.order_id
ONE = ReturnId(derived_id(ORDER, "return:1"))
OTHER = ReplacementWish(sku="SKU-9", quantity=Decimal(1))
NEW = OrderId(an_id(401))


def sent(*, on_account: bool = False) -> Dossier:
    """Five pieces at 1.00, all sent."""
    dossier = a_dossier()
    facts = replace(dossier.order.facts, currency="GBP", total=500)
    dossier = replace(dossier, order=replace(dossier.order, facts=facts, on_account=on_account))
    return after(dossier, AcceptFulfilment(fulfilment=first(dossier)), ShipFulfilment(fulfilment=first(dossier)))


def exchange(quantity: int = 2, *instead: ReplacementWish, kind: ReturnKind = ReturnKind.EXCHANGE) -> RequestReturn:
    """So many come back, and ``instead`` is sent."""
    back = ReturnWish(line=1, quantity=Decimal(quantity), reason="too small")
    return RequestReturn(order=ORDER, lines=(back,), kind=kind, replacements=instead)


def a_replacement(total: int = 150, *, on_account: bool = False) -> Order:
    """The order that is sent, accepted."""
    facts = replace(order_facts(), order_id=NEW, currency="GBP", total=total)
    return Order(facts=facts, accepted_at=NOW, on_account=on_account)


def refused() -> Order:
    return replace(a_replacement(), accepted_at=None, rejected_at=NOW)


def called_off() -> Order:
    order = a_replacement()
    return replace(order, cancelled_at=NOW, facts=replace(order.facts, total=0))


def under_review() -> Order:
    return replace(a_replacement(), accepted_at=None, held_at=NOW)


def events(
    dossier: Dossier, command: RequestReturn | ReturnChange, order: Order | None = None, number: int = 401
) -> tuple[ReturnEvent, ...]:
    """What ``command`` makes of it when ``order`` is what was submitted last."""
    known = Exchange(order=order, next_order=OrderId(an_id(number)), next_job=IntakeId(an_id(number + 100)))
    return decide_return(dossier, command, NOW, PLACES, known)


def told(dossier: Dossier, *commands: RequestReturn | ReturnChange, order: Order | None = None) -> Dossier:
    for command in commands:
        number = 401 + sum(len(one.replaced_by) for one in dossier.returns)
        dossier = replay(evolve, dossier, events(dossier, command, order, number))
    return dossier
