"""What must hold of sagas when everything has come to rest: each is whole or left nothing behind."""

from collections import Counter
from collections.abc import Collection, Iterator

from adapters.memory.store import Store
from adapters.memory.tables import ALLOTMENTS, DEAD, RESERVATIONS, SAGAS
from composition.simulation.allocators import Allocation
from composition.simulation.faults import PlannedFaults
from core.inventory.allotment import Allotment, AllotmentState
from core.inventory.reservation import Reservation, ReservationState
from core.kernel.ids import TenantId
from core.sagas.allocate_to_channel import NAME
from core.sagas.queues import STEPS, TIMEOUTS
from core.sagas.saga import Saga, Status

GONE = (ReservationState.RELEASED, ReservationState.EXPIRED)


def broken_sagas(store: Store, wanted: Collection[Allocation], faults: PlannedFaults) -> Iterator[str]:
    """Every saga that is neither whole nor untouched, and every wish that did not become one."""
    of_sagas = set()
    begun: Counter[tuple[TenantId, str]] = Counter()
    for (tenant, _), row in store.table(SAGAS).items():
        if row.saga.name != NAME:
            continue
        begun[tenant, row.saga.data["channel"]] += 1
        of_sagas.add((tenant, row.saga.data["allotment_id"]))
        yield from broken(store, tenant, row.saga)
    for wish in wanted:
        if begun[wish.tenant, wish.marker] != 1:
            yield f"I8: {wish.marker} was begun {begun[wish.tenant, wish.marker]} times"
        if (wish.tenant, wish.saga) not in store.table(SAGAS):
            yield f"I4: {wish.marker} was told of a saga that is not there"
    for key, letter in store.table(DEAD).items():
        if letter.job.queue in (STEPS, TIMEOUTS) and not faults.explain(key, letter):
            yield f"I10: {letter.job.queue} {key[1]} was given up: {letter.code} {letter.detail}"
    for key, allotment in store.table(ALLOTMENTS).items():
        if allotment.state is AllotmentState.ALLOTTED and key not in of_sagas:
            yield f"I6: allotment {key[1]} is no saga's"


def broken(store: Store, tenant: TenantId, saga: Saga) -> Iterator[str]:
    """What is wrong with one allocation that has come to rest."""
    reservation = store.table(RESERVATIONS).get((tenant, saga.data["reservation_id"]))
    allotment = store.table(ALLOTMENTS).get((tenant, saga.data["allotment_id"]))
    match saga.status:
        case Status.COMPLETED if not _whole(reservation, allotment):
            yield f"I6: saga {saga.id} is completed and not whole: {reservation} {allotment}"
        case Status.COMPENSATED if not _untouched(reservation, allotment):
            yield f"I6: saga {saga.id} is compensated and left something: {reservation} {allotment}"
        case Status.STUCK:
            yield f"I6: saga {saga.id} is stuck though nothing goes wrong any more: {saga.reason}"
        case Status.RUNNING | Status.COMPENSATING:
            yield f"I6: saga {saga.id} is {saga.status} for ever"


def _whole(reservation: Reservation | None, allotment: Allotment | None) -> bool:
    if reservation is None or allotment is None:
        return False
    held = [(part.key, part.quantity) for part in reservation.parts]
    kept = [(part.key, part.quantity) for part in allotment.parts]
    promised = reservation.state is ReservationState.COMMITTED and allotment.state is AllotmentState.ALLOTTED
    return promised and held == kept


def _untouched(reservation: Reservation | None, allotment: Allotment | None) -> bool:
    given_back = reservation is None or reservation.state in GONE
    return given_back and (allotment is None or allotment.state is AllotmentState.WITHDRAWN)
