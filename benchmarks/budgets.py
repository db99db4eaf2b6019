"""The budgets, and what was found of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.alternatives import HAND_WRITTEN, OURS, PLAIN
from benchmarks.table import Budget, Row, at_most, name_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WORKER = "a. worker start"
PRELOADED, NOT_PRELOADED = "b. dag-processor, preloaded", "b. dag-processor, no preload"
DAG = "c. build and serialise"
SCHEDULER = "d. scheduler"
IMPORT = "e. import on top of Airflow's"

WALL, CPU, DAG_FILE, PEAK = "wall ms", "CPU ms", "DAG file ms", "peak MiB"
FIRST, LATER = "first parse, ms", "later parse, ms"
BOTH = "both, us a task"
WITHOUT_HOOK, WITH_HOOK = "construct_pod, us", "construct_pod with our hook, us"
K8S_TASK = "k8s_task, ms"


def check_rows(rows: Iterable[Row], tasks: Sequence[int]) -> Iterator[Budget]:
    """Compare what was found with the budgets.

    Args:
        rows: What was found.
        tasks: The numbers of tasks in the DAG files, from small to large.
    """
    found = {(row.scenario, row.shape, row.measure): row.figures for row in rows}
    shapes = [name_shape(number) for number in tasks]
    one, most = shapes[0], shapes[-1]
    for shape in shapes:
        start = found[WORKER, shape, WALL]
        yield at_most(f"(a) worker start, ours : plain, {shape}", start[OURS] / start[PLAIN], 1.05)
    load, peak = found[WORKER, one, DAG_FILE], found[WORKER, one, PEAK]
    first = load[OURS] - load[PLAIN]
    yield at_most(f"(a) CPU of the DAG file beyond the plain one, ms, {one}", first, 5)
    if most != one:
        many = found[WORKER, most, DAG_FILE]
        further = (many[OURS] - many[PLAIN] - first) * 1000 / (tasks[-1] - tasks[0])
        yield at_most("(a) CPU of a further task beyond a plain one, us", further, 30)
    yield at_most(f"(a) peak memory over plain, MiB, {one}", peak[OURS] - peak[PLAIN], 2)
    for measure in (FIRST, LATER) if (PRELOADED, one, FIRST) in found else ():
        parse, before = found[PRELOADED, one, measure], found[NOT_PRELOADED, one, measure]
        yield at_most(f"(b) {measure[:-4]}, ours : plain, preloaded", parse[OURS] / parse[PLAIN], 1.2)
        gain = before[HAND_WRITTEN] / parse[OURS]
        yield _at_least(f"(b) {measure[:-4]}, hand-written, no preload : ours, preloaded", gain, 10)
    many, single = found[DAG, most, BOTH], found[DAG, one, BOTH]
    yield at_most(f"(c) ours : hand-written, {most}", many[OURS] / many[HAND_WRITTEN], 0.6)
    yield at_most(f"(c) a task of {most} : a task of {one}", many[OURS] / single[OURS], 1)
    bare, hooked = found[SCHEDULER, one, WITHOUT_HOOK], found[SCHEDULER, one, WITH_HOOK]
    yield at_most("(d) construct_pod, with our hook : without", hooked[OURS] / bare[OURS], 1.02)
    yield at_most("(e) import of k8s_task, ms", found[IMPORT, "", K8S_TASK][OURS], 5)


def _at_least(name: str, figure: float, limit: float) -> Budget:
    return Budget(name, f">= {limit:g}", f"{figure:.1f}", is_met=figure >= limit)
