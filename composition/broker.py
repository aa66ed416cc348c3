"""What carries events from the relay to their subscribers, as ``QUEUE_URL`` says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.kafka.broker import open_kafka_broker
from adapters.postgres.broker import PostgresBroker
from adapters.postgres.engine import Database
from adapters.postgres.strands import PostgresStrands
from adapters.rabbitmq.broker import open_rabbit_broker
from adapters.redis.broker import open_redis_broker
from adapters.toolkit.carrying import BrokerPublisher, CarriedQueues
from adapters.toolkit.envelope import unseal
from composition.settings import IN_PROCESS, IN_TABLES, Settings
from entrypoints.worker.aside import Aside
from entrypoints.worker.receiving import Receiver
from ports.broker import Broker
from ports.delivery import Publisher
from ports.queue import QueueView
from ports.telemetry import Telemetry


@asynccontextmanager
async def opened_broker(settings: Settings, database: Database) -> AsyncIterator[Broker | None]:
    """The broker of these settings, which need not be there yet. None: there is none, whoever relays delivers."""
    url = settings.queue_url
    if url == IN_PROCESS:
        yield None
    elif url == IN_TABLES:
        yield PostgresBroker(database)
    elif url.startswith("redis"):
        async with open_redis_broker(url) as redis:
            yield redis
    elif url.startswith("kafka"):
        async with open_kafka_broker(url, PostgresStrands(database, "kafka")) as kafka:
            yield kafka
    else:
        async with open_rabbit_broker(url, PostgresStrands(database, "rabbitmq")) as rabbit:
            yield rabbit


def publisher_of(broker: Broker | None, delivery: Publisher) -> Publisher:
    """What the relay publishes to."""
    return delivery if broker is None else BrokerPublisher(broker)


def queues_of(broker: Broker | None, queues: QueueView) -> QueueView:
    """What is in the queues, wherever they are."""
    return queues if broker is None else CarriedQueues(queues, broker)


def receiver_of(broker: Broker | None, delivery: Publisher, aside: Aside, telemetry: Telemetry) -> Receiver | None:
    """What takes from the broker, if there is one, to the subscribers behind ``delivery``."""
    return None if broker is None else Receiver(broker, delivery, aside, unseal, telemetry)
