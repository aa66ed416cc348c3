"""Finding columns by name: every shop calls them something else."""

import re
from collections.abc import Mapping, Sequence

from core.kernel.errors import Rejected
from core.kernel.value import value

_NOISE = re.compile(r"[^a-z0-9]+")


class MissingColumn(Rejected):
    """A column the import cannot do without, or one that was named, is not in the file."""

    code = "missing_column"


class UnknownField(Rejected):
    """``--map`` names a field this import does not read, or is not ``field=column``."""

    code = "unknown_field"


@value
class Field:
    """Something an import reads, and the names its column goes by, most telling first."""

    name: str
    aliases: tuple[str, ...]
    required: bool = False


class Columns:
    """Where each field stands in a row."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self._places = places

    def __contains__(self, field: str) -> bool:
        return field in self._places

    def text(self, cells: Sequence[str], field: str) -> str:
        """The field's cell without the spaces round it; empty when the file has no such column."""
        place = self._places.get(field)
        return "" if place is None else cells[place].strip()


def read_overrides(pairs: Sequence[str], fields: Sequence[Field]) -> dict[str, str]:
    """``field=column`` pairs as a table. Raises UnknownField."""
    known = [field.name for field in fields]
    overrides = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or field.strip() not in known:
            raise UnknownField(f"'{pair}' is not field=column with a field of {', '.join(known)}")
        overrides[field.strip()] = column.strip()
    return overrides


def find_columns(fields: Sequence[Field], header: Sequence[str], overrides: Mapping[str, str]) -> Columns:
    """Where ``fields`` stand in ``header``: as overridden, else by alias. Raises MissingColumn."""
    by_name: dict[str, int] = {}
    for index, name in enumerate(header):
        by_name.setdefault(normal(name), index)
    places: dict[str, int] = {}
    for field in fields:
        place = _place(field, header, by_name, overrides.get(field.name))
        if place is not None:
            places[field.name] = place
        elif field.required:
            raise MissingColumn(
                f"no column for '{field.name}' among {', '.join(map(str.strip, header))}: "
                f"name it with --map {field.name}=COLUMN"
            )
    return Columns(places)


def _place(field: Field, header: Sequence[str], by_name: Mapping[str, int], override: str | None) -> int | None:
    if override is None:
        names = (normal(alias) for alias in (field.name, *field.aliases))
        return next((by_name[name] for name in names if name in by_name), None)
    if override in header:
        return header.index(override)
    place = by_name.get(normal(override))
    if place is None:
        raise MissingColumn(
            f"there is no column '{override}' for '{field.name}' among {', '.join(map(str.strip, header))}"
        )
    return place


def normal(name: str) -> str:
    """A column's name without case, spaces and punctuation."""
    return _NOISE.sub("", name.lower())
