"""What the clients of one seed are going to ask for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from random import Random

from adapters.toolkit.codec import encode
from composition.simulation.faults import PlannedFaults
from core.intake.submission import Address, Lane, OrderRequest, Receipt, RequestedLine, Submission
from core.inventory.acts import StockAct
from core.kernel.context import Context
from core.kernel.goods import Unit
from core.kernel.ids import IntakeId, NewId, OrderId, TenantId

PLAIN = ("A", "B", "C", "D")
BY_LOT = "L"
KIT = "K"
SKUS = (*PLAIN, BY_LOT, KIT)
PAIR = Unit(name="pair", size=2)
"""A unit of every plain item."""
CUSTOMERS = (None, None, "ann", "bo")


@dataclass(kw_only=True, slots=True)
class Wish:
    """One order a client wants, once, and what it was told about it. ``marker`` stands in its body."""

    marker: str
    tenant: TenantId
    request: OrderRequest
    key: bytes | None
    lane: Lane
    kind: str = "plain"
    sent: int = 0
    receipts: list[Receipt] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    @property
    def repeatable(self) -> bool:
        """Whether sending it again is safe."""
        return self.key is not None or self.request.external_id is not None

    def submission(self, context: Context, new_id: NewId) -> Submission:
        """The wish as one request: the route makes new ids for each."""
        body = encode(self.request)
        return Submission(
            tenant=self.tenant,
            id=IntakeId(new_id()),
            order_id=OrderId(new_id()),
            lane=self.lane,
            channel=self.request.channel,
            external_id=self.request.external_id,
            key_hash=self.key,
            body_hash=sha256(body).digest(),
            body=body,
            received_at=context.now,
            actor=context.actor,
            correlation=self.marker,
        )


@dataclass(kw_only=True, slots=True)
class KeptAct:
    """One stock act of the keeper, to happen once. ``marker`` stands in its reason."""

    marker: str
    tenant: TenantId
    act: StockAct
    happened: bool | None = None


def wishes(random: Random, tenants: Sequence[TenantId], faults: PlannedFaults, count: int) -> list[Wish]:
    """``count`` orders of one to three lines, some in free words, a few that cannot be decided."""
    wanted = [_wish(random, random.choice(tenants), f"wish-{number}") for number in range(count)]
    if "poison" in faults.kinds:
        for kind in ("poison", "flaky"):
            random.choice(wanted).kind = kind
    if "killer" in faults.kinds and random.random() < 0.3:
        random.choice(wanted).kind = "killer"
    return wanted


def _line(random: Random) -> RequestedLine:
    sku, quantity = random.choice(SKUS), random.choice((1, 1, 1, 2, 3, 7))
    unit = PAIR.name if sku in PLAIN and random.random() < 0.1 else None
    return RequestedLine(sku=sku, quantity=Decimal(quantity), unit=unit)


def _wish(random: Random, tenant: TenantId, marker: str) -> Wish:
    lines = tuple(_line(random) for _ in range(random.choice((1, 1, 2, 3))))
    identity = random.randrange(4)
    request = OrderRequest(
        items=() if random.random() < 0.03 else lines,
        channel=random.choice(("api", "shop")),
        external_id=f"external-{marker}" if identity in (1, 3) else None,
        customer=random.choice(CUSTOMERS),
        text="the usual, please",
        ship_to=Address(name=marker, country="DE"),
    )
    key = sha256(f"{tenant}{marker}".encode()).digest() if identity in (2, 3) else None
    return Wish(marker=marker, tenant=tenant, request=request, key=key, lane=random.choice(list(Lane)))
