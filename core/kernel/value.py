"""The one decorator behind every core value: frozen, slotted, keyword-only.

A frozen dataclass sets each field through ``object.__setattr__``, which looks the field up by name again and again. An
order's way through the product makes some sixty values, so a value here is filled as an object of an open class of the
same layout, by plain assignment, and becomes its frozen self when it is whole: a fifth (two fields) to a half (twelve)
less to make one, the same signature, defaults and ``__post_init__``, and assignment from outside still raises.

Half of what is left is the call: a class that is called packs its keywords into a dictionary and unpacks them again, a
function does not. Where values are made by the thousand a ``maker`` is called instead of the class.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, ParamSpec, TypeVar, dataclass_transform

T = TypeVar("T")
P = ParamSpec("P")

_FROM_FACTORY: Any = object()
_BECOME = object.__dict__["__class__"].__set__


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """Make ``cls`` an immutable value: equality by content, construction by keyword, no instance dictionary.

    A value is whole and final. Raises TypeError for a class that extends another value.
    """
    if any(is_dataclass(base) for base in cls.__mro__[1:]):
        raise TypeError(f"{cls.__name__} extends a value: put the value into a field instead")
    made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
    made.__init__ = _initializer(made)  # type: ignore[method-assign]
    return made


def maker(made: Callable[P, T]) -> Callable[P, T]:
    """A function that makes the same of the same keywords as the value ``made``, in half the time."""
    return _compiled(made, "make", "", "self = _Open()", "return self")


def _initializer(made: type[Any]) -> Callable[..., None]:
    """An ``__init__`` that fills the slots of ``made``, and calls ``__post_init__`` where there is one."""
    return _compiled(made, "__init__", "self, ", "_become(self, _Open)", "return None")


def _compiled(made: Any, name: str, first: str, begin: str, end: str) -> Callable[..., Any]:
    names: dict[str, Any] = {
        "_FROM_FACTORY": _FROM_FACTORY,
        "_become": _BECOME,
        "_Open": _open_twin(made),
        "_Made": made,
    }
    parameters, lines = [], [begin]
    for field in fields(made):
        parameters.append(field.name + _default(field, names))
        lines.append(f"self.{field.name} = {_given(field)}")
    lines.append("self.__class__ = _Made")
    if hasattr(made, "__post_init__"):
        lines.append("self.__post_init__()")
    keywords = f"{first}*, {', '.join(parameters)}" if parameters else first
    exec(f"def {name}({keywords}):\n    " + "\n    ".join([*lines, end]), names)
    function: Callable[..., Any] = names[name]
    function.__qualname__ = f"{made.__qualname__}.{name}"
    return function


def _open_twin(made: type[Any]) -> type[Any]:
    """A class of the same layout whose fields may be assigned: what a value is until it is whole."""
    namespace = {"__slots__": made.__dict__["__slots__"]}
    if "__orig_bases__" in made.__dict__:
        namespace["__orig_bases__"] = made.__dict__["__orig_bases__"]
    return type(f"_Open{made.__name__}", made.__bases__, namespace)


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
