"""A message as one piece of bytes (MessagePack), for brokers that keep no more than that of it."""

import msgspec

from core.kernel.ids import MessageId, TenantId
from core.kernel.message import Message, Priority
from core.kernel.value import maker
from ports.broker import BrokerUnavailable

_message = maker(Message)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[MessageId, TenantId, str, str, bytes]).decode


def pack(message: Message) -> bytes:
    """All of it but where it lies: its queue and priority."""
    return _encode((message.id, message.tenant, message.key, message.correlation, message.payload))


def unpack(packed: bytes, queue: str, priority: Priority, place: str) -> Message:
    """The message that lay in ``place``. Raises BrokerUnavailable for what somebody else put there."""
    try:
        identity, tenant, key, correlation, payload = _decode(packed)
    except msgspec.DecodeError as error:
        raise BrokerUnavailable(f"what comes next in {place} is not ours: take it out of there") from error
    return _message(
        id=identity,
        tenant=tenant,
        queue=queue,
        key=key,
        payload=payload,
        correlation=correlation,
        priority=priority,
    )
