"""State machines drawn from the code's own transition tables, for the pages that explain them."""

from collections.abc import Mapping
from enum import StrEnum


def drawing(table: Mapping[tuple[StrEnum, StrEnum], StrEnum], first: StrEnum) -> str:
    """``table`` ((state, act) -> state) as a mermaid diagram that begins at ``first``."""
    lines = [f"    {state} --> {after}: {act}" for (state, act), after in table.items()]
    ends = [state for state in type(first) if not any(begin is state for begin, _ in table)]
    lines += [f"    {state} --> [*]" for state in ends]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {first}", *lines])
