"""The structs of the past's queries and answers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from core.inventory.history import ChainEnd
from entrypoints.http.fields import Code, Shown
from entrypoints.http.paging import Limit
from entrypoints.http.stock_fields import ShownMovement, ShownStock, StockQuery

At = Annotated[datetime, Meta(tz=True, description="a moment that is past, RFC 3339 with a zone; left out: now")]


class PastQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """As of when."""

    at: At | None = None


class PastStockQuery(StockQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which balances to list, as of when."""

    at: At | None = None


class ExplainQuery(PastQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which number, and how far back its story goes."""

    location: Code | None = None
    limit: Limit = 20


class ShownPastStock(Shown):
    """All balances of one item at one moment."""

    sku: str
    at: datetime
    items: list[ShownStock]


class ShownCause(Shown):
    """What caused an entry: `text` as a person reads it, and what is known of an order, a reservation or a channel.

    `id` is of the order or the reservation; the events of either are its stream in the journal.
    """

    kind: str
    text: str
    id: str | None = None
    channel: str | None = None
    external_id: str | None = None
    customer: str | None = None
    received_at: datetime | None = None
    holder: str | None = None
    reference: str | None = None


class ShownStep(ShownMovement):
    """One entry, what its location had after it, and in words. `anchored`: a count; its location's story ends here."""

    group_id: str
    number: int
    location: str
    available: Decimal
    on_hand: Decimal
    anchored: bool
    cause: ShownCause | None
    actor: str
    recorded_at: datetime
    says: str


class ShownStory(Shown):
    """What there is, and the entries that made it so, newest first. `ends` says why there are no more."""

    sku: str
    at: datetime
    location: str | None
    available: Decimal
    on_hand: Decimal
    items: list[ShownStock]
    steps: list[ShownStep]
    ends: ChainEnd
