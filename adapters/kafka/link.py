"""The client library on threads of its own: whatever it is asked ends in time, or as BrokerUnavailable.

What stands in the broker's URL behind ``?`` goes to the library by its own names: ``security.protocol`` and so on.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlsplit

from confluent_kafka import KafkaError, KafkaException

from core.kernel.message import STRANDS, Priority
from ports.broker import BrokerUnavailable

ANSWER_SECONDS = 5.0
PARTITIONS = STRANDS * len(Priority)
P = ParamSpec("P")
T = TypeVar("T")
_MISSING = KafkaError._NOENT, KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION


def options_of(url: str) -> dict[str, Any]:
    """What the library is told, from ``kafka://host:port,host:port?option=value``."""
    place = urlsplit(url)
    told: dict[str, Any] = dict(parse_qsl(place.query, strict_parsing=bool(place.query)))
    ours = {"bootstrap.servers": place.netloc, "client.id": "fluxor", "logger": logging.getLogger("kafka")}
    return ours | told


def topic_of(queue: str) -> str:
    """The topic a queue's messages lie in."""
    return f"fluxor.{queue}"


def partition_of(priority: Priority, strand: int) -> int:
    """The partition that is this strand."""
    return priority * STRANDS + strand


async def asked(call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What ``call`` answers. It bounds its own time, and is at its end when this is. Raises BrokerUnavailable."""
    asking = asyncio.ensure_future(asyncio.to_thread(call, *arguments, **named))
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        await asyncio.wait([asking])
        raise
    except (KafkaException, TimeoutError, BufferError) as error:
        raise _unavailable(error) from error


def _unavailable(error: BaseException) -> BrokerUnavailable:
    code = error.args[0].code() if isinstance(error, KafkaException) else None
    if code in _MISSING:
        return BrokerUnavailable(f"each queue wants a topic, fluxor.<queue>, with {PARTITIONS} partitions: {error}")
    return BrokerUnavailable(f"Kafka does not answer: {error}")
