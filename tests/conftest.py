"""What every test may use, and the rule that nothing is skipped silently."""

import os
from collections.abc import Generator
from typing import Any

import pytest

pytest_plugins = ["tests.support.kafka", "tests.support.postgres", "tests.support.rabbitmq", "tests.support.redis"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Under CI a skipped test is a failed one: what cannot run there must say so by failing."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI: {report.longrepr}"
    return report
