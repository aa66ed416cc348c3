"""Flags and their defaults."""

from collections.abc import Mapping
from enum import StrEnum

from core.kernel.value import value


class Flag(StrEnum):
    """What can be switched."""

    RISK_ASSESSMENT = "RISK_ASSESSMENT"


DEFAULTS: Mapping[Flag, bool] = {Flag.RISK_ASSESSMENT: True}


@value
class SetFlag:
    """Switch ``flag`` for the tenant."""

    flag: Flag
    enabled: bool


@value
class FlagSet:
    """The flag is so from now on."""

    flag: Flag
    enabled: bool
