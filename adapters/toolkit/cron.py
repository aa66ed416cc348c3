"""Rhythms as cron writes them."""

from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

_TICK = timedelta(microseconds=1)


class InvalidCron(ValueError):
    """What is no cron expression; the message names the field."""


class Cron:
    """See core.scheduling.chore.Rhythm. Five fields, in UTC. Raises InvalidCron."""

    def __init__(self, expression: str) -> None:
        try:
            CronSim(expression, datetime.now(UTC))
        except CronSimError as error:
            raise InvalidCron(f"'{expression}' is no cron expression: {error}") from error
        self._expression = expression

    def last(self, now: datetime) -> datetime:
        """See Rhythm."""
        moment: datetime = next(CronSim(self._expression, now.astimezone(UTC) + _TICK, reverse=True))
        return moment
