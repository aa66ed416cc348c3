"""Many seeds over the machine's processors, and what came of them."""

import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any

from composition.simulation.plan import KINDS
from composition.simulation.run import QUIET_MINUTES, Result
from composition.simulation.run import simulate as simulate_one
from composition.simulation.shrink import shrink
from composition.simulation.story import in_data, in_words

CHUNK, GARBAGE = 20, 100_000
CLOCK_TICK_SECONDS = 0.01
TWICE_EVERY = 100
"""Of so many seeds one runs a second time: what a seed comes out as must depend on nothing but the seed."""
SHOWN = 10
EXIT_GOOD, EXIT_VIOLATED, EXIT_MISUSED = 0, 1, 2


class UnknownFault(Exception):
    """A kind of fault there is none of."""


def kinds_of(text: str) -> tuple[str, ...]:
    """``all``, ``none``, or names separated by commas. Raises UnknownFault."""
    if text in ("all", "none"):
        return KINDS if text == "all" else ()
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in KINDS:
            raise UnknownFault(f"'{name}' is none of all, none, {', '.join(KINDS)}")
    return names


def replay_command(seed: int, kinds: Collection[str]) -> str:
    """What to type to see this seed again."""
    named = "all" if set(kinds) == set(KINDS) else ",".join(kinds) or "none"
    return f"fluxor sim --seeds {seed}..{seed} --faults {named}"


def results(
    first: int,
    last: int,
    kinds: Collection[str],
    processes: int | None = None,
    quiet_minutes: float = QUIET_MINUTES,
) -> Iterator[Result]:
    """The result of each seed from ``first`` to ``last``, as they come."""
    seeds = range(first, last + 1)
    one = partial(checked, faults=tuple(kinds), run=partial(simulate_one, quiet_minutes=quiet_minutes))
    if len(seeds) == 1:
        yield one(first)
        return
    # Spawned, not forked: a seed must come out the same in a process that has seen nothing before it.
    with ProcessPoolExecutor(processes or os.cpu_count(), get_context("spawn"), _collect_rarely) as pool:
        yield from pool.map(one, seeds, chunksize=min(CHUNK, -(-len(seeds) // 2)))


def _collect_rarely() -> None:
    """A world is thrown away whole: looking for garbage in it all the time finds little and costs much."""
    gc.freeze()
    gc.set_threshold(GARBAGE)


def checked(seed: int, faults: Collection[str], run: Callable[..., Result] = simulate_one) -> Result:
    """The result of ``seed``; of every hundredth what ``run`` makes of it twice, another outcome being a violation."""
    first = run(seed, faults)
    if seed % TWICE_EVERY:
        return first
    second = run(seed, faults)
    if second == first:
        return replace(first, twice=True)
    other = f"determinism: another trace the second time, {second.trace} after {first.trace}"
    return replace(first, twice=True, violations=(*first.violations, other))


def report(found: Iterable[Result], kinds: Collection[str]) -> dict[str, Any]:
    """The results in sum, and the first of what broke."""
    started, used = time.perf_counter(), _cpu_seconds()
    every = list(found)
    seconds, used = time.perf_counter() - started, max(CLOCK_TICK_SECONDS, _cpu_seconds() - used)
    faults: Counter[str] = Counter()
    for result in every:
        faults.update(result.faults)
    broken = [result for result in every if result.violations]
    return {
        "seeds": len(every),
        "seeds_per_hour": round(len(every) / seconds * 3600),
        "seeds_per_core_hour": round(len(every) / used * 3600),
        "steps": sum(result.steps for result in every),
        "steps_per_seed": round(sum(result.steps for result in every) / len(every)),
        "faults_per_seed": round(sum(faults.values()) / len(every), 1),
        "deviations_per_seed": round(sum(result.deviations for result in every) / len(every)),
        "virtual_seconds": round(sum(result.seconds for result in every)),
        "phases": {phase: _spread([result.phases.get(phase, 0.0) for result in every]) for phase in ("faults", "heal")},
        "faults": dict(sorted(faults.items())),
        "buggified": dict(sorted(sum((Counter(result.buggified) for result in every), Counter()).items())),
        "run_twice": sum(result.twice for result in every),
        "broken": len(broken),
        "violations": [
            {
                "seed": result.seed,
                "plan": result.plan,
                "found": list(result.violations),
                "replay": replay_command(result.seed, kinds),
            }
            for result in islice(broken, SHOWN)
        ],
        "plans": {str(result.seed): result.plan for result in every[:SHOWN]},
        "traces": {str(result.seed): result.trace for result in every[:SHOWN]},
    }


def _cpu_seconds() -> float:
    """What this process and its children that have ended used of the processors."""
    return sum(os.times()[:4])


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"mean_seconds": round(sum(seconds) / len(seconds), 1), "longest_seconds": round(max(seconds), 1)}


def simulate(
    first: int,
    last: int,
    faults: str,
    as_json: bool,
    quiet_minutes: float = QUIET_MINUTES,
    processes: int | None = None,
    shrinking: bool = False,
) -> int:
    """Run the seeds and say what came of them; answers the exit code.

    ``shrinking``: tell the first of them that is broken by as few choices as still break it.
    """
    try:
        kinds = kinds_of(faults)
    except UnknownFault as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_MISUSED
    if shrinking:
        return _tell(first, last, kinds, as_json, quiet_minutes)
    found = report(results(first, last, kinds, processes, quiet_minutes), kinds)
    sys.stdout.write(json.dumps(found) + "\n" if as_json else _in_words(found))
    return EXIT_VIOLATED if found["broken"] else EXIT_GOOD


def _tell(first: int, last: int, kinds: Collection[str], as_json: bool, quiet_minutes: float) -> int:
    stories = (shrink(seed, kinds, quiet_minutes=quiet_minutes) for seed in range(first, last + 1))
    story = next((story for story in stories if story is not None), None)
    if story is None:
        sys.stdout.write("{}\n" if as_json else "every invariant held: there is nothing to tell\n")
        return EXIT_GOOD
    sys.stdout.write(json.dumps(in_data(story)) + "\n" if as_json else in_words(story))
    return EXIT_VIOLATED


def _in_words(found: dict[str, Any]) -> str:
    injected, buggified = (
        ", ".join(f"{name} {number}" for name, number in found[group].items()) or "none"
        for group in ("faults", "buggified")
    )
    lines = [
        f"{found['seeds']} seeds, {found['seeds_per_hour']} an hour,"
        f" {found['seeds_per_core_hour']} an hour of one core;"
        f" {found['steps']} steps,"
        f" {found['virtual_seconds']} s of virtual time",
        f"a seed: {found['steps_per_seed']} steps, {found['faults_per_seed']} faults,"
        f" {found['deviations_per_seed']} times somebody went out of turn",
        *(
            f"phase {name}: {phase['mean_seconds']} s, at most {phase['longest_seconds']} s"
            for name, phase in found["phases"].items()
        ),
        f"faults injected: {injected}",
        f"buggified: {buggified}",
    ]
    lines += [f"plan of seed {seed}: {plan}" for seed, plan in found["plans"].items()]
    for broken in found["violations"]:
        lines += [f"seed {broken['seed']} is broken; see it again with: {broken['replay']}"]
        lines += [f"  plan: {broken['plan']}"]
        lines += [f"  {violation}" for violation in broken["found"][:SHOWN]]
    if found["run_twice"]:
        lines.append(f"{found['run_twice']} of them were run twice and compared")
    lines.append(f"{found['broken']} seeds are broken" if found["broken"] else "every invariant held")
    return "\n".join(lines) + "\n"
