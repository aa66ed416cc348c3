"""The one decorator behind every core value: frozen, slotted, keyword-only.

A frozen dataclass sets each field through ``object.__setattr__``, which looks the field up by name again and again. An
order's way through the product makes some sixty values, so their ``__init__`` here writes the slots directly: half the
cost, the same signature, defaults and ``__post_init__``, and assignment from outside still raises.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_FROM_FACTORY: Any = object()


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """Make ``cls`` an immutable value: equality by content, construction by keyword, no instance dictionary."""
    made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
    made.__init__ = _initializer(made)  # type: ignore[method-assign]
    return made


def _initializer(made: type[Any]) -> Callable[..., None]:
    """An ``__init__`` that fills the slots of ``made``, and calls ``__post_init__`` where there is one."""
    names: dict[str, Any] = {"_FROM_FACTORY": _FROM_FACTORY}
    parameters, lines = [], []
    for field in fields(made):
        names[f"_set_{field.name}"] = getattr(made, field.name).__set__
        parameters.append(field.name + _default(field, names))
        lines.append(f"    _set_{field.name}(self, {_given(field)})")
    if hasattr(made, "__post_init__"):
        lines.append("    self.__post_init__()")
    keywords = f", *, {', '.join(parameters)}" if parameters else ""
    exec(f"def __init__(self{keywords}):\n" + "\n".join(lines or ["    pass"]), names)
    made_init: Callable[..., None] = names["__init__"]
    made_init.__qualname__ = f"{made.__qualname__}.__init__"
    return made_init


def _default(field: Field[Any], names: dict[str, Any]) -> str:
    if field.default is not MISSING:
        names[f"_default_{field.name}"] = field.default
        return f"=_default_{field.name}"
    if field.default_factory is not MISSING:
        names[f"_make_{field.name}"] = field.default_factory
        return "=_FROM_FACTORY"
    return ""


def _given(field: Field[Any]) -> str:
    if field.default_factory is MISSING:
        return field.name
    return f"_make_{field.name}() if {field.name} is _FROM_FACTORY else {field.name}"
