"""Settings: decoded once, and a wrong one stops the start with its name."""

from pathlib import Path

import pytest

from composition.settings import Settings, SettingsError


def test_an_empty_environment_means_the_embedded_default() -> None:
    settings = Settings.from_environment({"XDG_DATA_HOME": "/data"})
    assert settings.database_url is None
    assert (settings.port, settings.worker_processes, settings.shutdown_timeout_seconds) == (8080, 1, 30.0)
    assert settings.data_dir == Path("/data/fluxor")


def test_seconds_may_carry_their_unit() -> None:
    assert Settings.from_environment({"SHUTDOWN_TIMEOUT": "5s"}).shutdown_timeout_seconds == 5.0


def test_the_owner_is_whoever_the_database_url_names_unless_said_otherwise() -> None:
    url = "postgresql://app@db/fluxor"
    assert Settings.from_environment({"DATABASE_URL": url}).database_owner_url == url


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("WORKER_PROCESSES", "0"),
        ("SHUTDOWN_TIMEOUT", "soon"),
        ("LOG_LEVEL", "loud"),
        ("DATABASE_URL", "mysql://db"),
        ("QUEUE_URL", "mqtt://broker"),
        ("QUEUE_URL", "postgres:somewhere"),
        ("ENVIRONMENT", "prod"),
        ("CLOSE_AFTER_DAYS", "-1"),
    ],
)
def test_a_wrong_variable_is_named_with_its_value(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=variable) as error:
        Settings.from_environment({variable: text})
    assert text in str(error.value)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({"DATABASE_URL": "mysql://me:secret@db"})
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgres:",
        "postgres:messages",
        "redis://queue:6379/1",
        "rediss://:secret@queue/0",
        "amqp://q/",
        "kafka://one:9092,two:9092?sasl.username=a",
    ],
)
def test_the_url_of_the_queue_chooses_the_broker(url: str) -> None:
    assert Settings.from_environment({"QUEUE_URL": url}).queue_url == url
