"""What mutmut's runs of pytest need: what notices a defect fastest comes first."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rules before laws: the first failure ends a run, and a law looks at many worlds before it finds one."""
    items.sort(key=lambda item: ("tests/laws/" in item.nodeid, item.nodeid))
