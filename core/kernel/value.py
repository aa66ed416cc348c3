"""The one decorator behind every core value: frozen, slotted, keyword-only."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """Make ``cls`` an immutable value: equality by content, construction by keyword, no instance dictionary."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)
