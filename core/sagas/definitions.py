"""Every version of every saga that may still be running."""

from core.sagas import allocate_to_channel, fulfil_order, settle_return, transfer_stock
from core.sagas.definition import Definitions

DEFINITIONS: Definitions = {
    (one.name, one.version): one
    for one in (allocate_to_channel.V1, fulfil_order.V1, settle_return.V1, transfer_stock.V1)
}
