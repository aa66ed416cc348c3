"""A private Kafka of the client library's own making: brokers that speak the protocol, in this process, and forget all.

The library ships it for tests like these. What it is not: nothing is written to disk, and topics are made from here.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import confluent_kafka
import pytest

from adapters.kafka.link import PARTITIONS, topic_of

_PRODUCER = 0
_WORDS = 512
_BROKER = 1
_PRODUCE = 0
QUEUES = ("events", "load", "load-single", "q", "r", "s")


class KafkaServer:
    """A cluster of one broker, with a topic for each of QUEUES. It may be away for a while, and slow."""

    def __init__(self, queues: tuple[str, ...] = QUEUES) -> None:
        self._library = _library()
        words = ctypes.create_string_buffer(_WORDS)
        self._handle = self._library.rd_kafka_new(_PRODUCER, self._library.rd_kafka_conf_new(), words, _WORDS)
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._handle, 1)
        for queue in queues:
            made = self._library.rd_kafka_mock_topic_create(self._cluster, topic_of(queue).encode(), PARTITIONS, 1)
            assert made == 0, words.value

    @property
    def url(self) -> str:
        """Where it listens, on this machine only."""
        return f"kafka://{self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()}"

    def kill(self) -> None:
        """Nobody is connected, and nobody can connect."""
        self._library.rd_kafka_mock_broker_set_down(self._cluster, _BROKER)

    def start(self) -> None:
        """With everything it had."""
        self._library.rd_kafka_mock_broker_set_up(self._cluster, _BROKER)

    def settle(self) -> None:
        """Nothing has to be written down."""

    def answer_after(self, seconds: float) -> None:
        """Let every answer take so long."""
        self._library.rd_kafka_mock_broker_set_rtt(self._cluster, _BROKER, round(seconds * 1000))

    def refuse_next(self, *errors: int) -> None:
        """Let the next requests to keep messages end with these errors."""
        array = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, _PRODUCE, len(errors), array)

    def stop(self) -> None:
        """Forget everything."""
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._handle)


@contextmanager
def kafka_server() -> Iterator[KafkaServer]:
    """A cluster of one's own."""
    server = KafkaServer()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def kafka_url() -> Iterator[str]:
    """The URL of a cluster with nothing in it."""
    with kafka_server() as server:
        yield server.url


def _library() -> ctypes.CDLL:
    """The very one the adapter uses."""
    package = Path(confluent_kafka.__file__).parent
    (path,) = package.parent.glob("confluent_kafka.libs/librdkafka-*")
    library = ctypes.CDLL(str(path))
    for name, answer, *arguments in (
        ("conf_new", ctypes.c_void_p),
        ("new", ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t),
        ("destroy", None, ctypes.c_void_p),
        ("mock_cluster_new", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int),
        ("mock_cluster_destroy", None, ctypes.c_void_p),
        ("mock_cluster_bootstraps", ctypes.c_char_p, ctypes.c_void_p),
        ("mock_topic_create", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int),
        ("mock_broker_set_down", ctypes.c_int, ctypes.c_void_p, ctypes.c_int32),
        ("mock_broker_set_up", ctypes.c_int, ctypes.c_void_p, ctypes.c_int32),
        (
            "mock_push_request_errors_array",
            None,
            ctypes.c_void_p,
            ctypes.c_int16,
            ctypes.c_size_t,
            ctypes.POINTER(ctypes.c_int),
        ),
        ("mock_broker_set_rtt", ctypes.c_int, ctypes.c_void_p, ctypes.c_int32, ctypes.c_int),
    ):
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = answer, arguments
    return library
