"""CPU seconds of the processes that serve the load, and of the load generator itself."""

import time
from collections.abc import Sequence

import psutil  # type: ignore[import-untyped]

from core.kernel.value import value


class ProcessGone(Exception):
    """A process the run is measuring has ended: what was measured says nothing."""


@value
class ProcessGroups:
    """Process ids to account for. ``postgres`` is the postmaster, None when it is on another machine."""

    api: Sequence[int]
    worker: Sequence[int]
    postgres: int | None


@value
class CpuSeconds:
    """User and system seconds used so far, or in between two readings."""

    api: float
    worker: float
    postgres: float | None
    load_generator: float

    def since(self, earlier: "CpuSeconds") -> "CpuSeconds":
        """What was used after ``earlier`` was read."""
        return CpuSeconds(
            api=self.api - earlier.api,
            worker=self.worker - earlier.worker,
            postgres=None if self.postgres is None or earlier.postgres is None else self.postgres - earlier.postgres,
            load_generator=self.load_generator - earlier.load_generator,
        )


def read_cpu(groups: ProcessGroups) -> CpuSeconds:
    """CPU seconds used so far by each group and by this process.

    Blocks for some milliseconds (the process table is walked). Raises ProcessGone when one of the processes
    named has ended.
    """
    return CpuSeconds(
        api=sum(_own_seconds(pid) for pid in groups.api),
        worker=sum(_own_seconds(pid) for pid in groups.worker),
        postgres=None if groups.postgres is None else tree_seconds(groups.postgres),
        load_generator=time.process_time(),
    )


def tree_seconds(pid: int) -> float:
    """CPU seconds of ``pid`` and of all its descendants, living or ended.

    Raises ProcessGone when ``pid`` itself has ended. A process that ended is in the children's time of the
    parent that waited for it, so backends that come and go during a run are not missed.
    """
    try:
        root = psutil.Process(pid)
        times = root.cpu_times()
        descendants = root.children(recursive=True)
    except psutil.NoSuchProcess as gone:
        raise ProcessGone(f"process {pid} has ended") from gone
    total = float(times.user + times.system + times.children_user + times.children_system)
    for process in descendants:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            # Ended since the walk: its parent has inherited the time and the next reading sees it there.
            continue
        total += float(times.user + times.system + times.children_user + times.children_system)
    return total


def _own_seconds(pid: int) -> float:
    """One process with its threads, not its children: a server may have started the database or a worker."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess as gone:
        raise ProcessGone(f"process {pid} has ended") from gone
    return float(times.user + times.system)
