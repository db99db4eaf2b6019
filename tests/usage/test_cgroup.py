"""What is read of a container's cgroup, on recorded nodes and on this machine."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import cgroup_trees
import pytest
from own_cgroup import make_cgroup

from airflow_provider_k8sexec.usage.cgroup import Counters, read_counters

MEBIBYTE = 2**20
EXPECTED = Counters(
    memory_peak=310 * MEBIBYTE,
    is_peak_counted=True,
    memory_cache=7_143_424,
    memory_resident=max(200 * MEBIBYTE, 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss),
    memory_limit=512 * MEBIBYTE,
    oom_kills=1,
    cpu_seconds=8.0,
    cpu_limit=0.5,
    seconds=20.0,
)


@pytest.fixture
def read(tmp_path):
    """Give a way to read a recorded tree."""

    def read_tree(tree):
        for path, text in tree.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        found = read_counters(tmp_path)
        return found and found._replace(
            memory_resident=EXPECTED.memory_resident, seconds=pytest.approx(found.seconds)
        )

    return read_tree


@pytest.mark.parametrize("node", ["VERSION_1", "VERSION_2", "VERSION_2_ON_THE_NODE"])
def test_the_counters_of_a_container_are_read(read, node):
    """Peak, cache, limits, kills and CPU time are those of the container, its age is its first process's."""
    assert read(getattr(cgroup_trees, node)) == EXPECTED


@pytest.mark.parametrize("node", ["NO_LIMITS_OF_VERSION_1", "NO_LIMITS_OF_VERSION_2"])
def test_what_is_not_limited_has_no_limit(read, node):
    """The kernel's own words for no limit are not taken for amounts."""
    assert read(getattr(cgroup_trees, node)) == EXPECTED._replace(memory_limit=None, cpu_limit=None)


@pytest.mark.parametrize("node", ["MACHINE_OF_VERSION_1", "MACHINE_OF_VERSION_2", "PROC"])
def test_nothing_is_read_where_there_is_no_container(read, node):
    """The counters of a whole machine are not a container's, and a machine without cgroups has none."""
    assert read(getattr(cgroup_trees, node)) is None


def test_nothing_is_read_where_there_is_no_kernel_to_ask(tmp_path):
    """A system without /proc and /sys, or with files of another form, is no error."""
    assert read_counters(tmp_path) is None
    (tmp_path / "proc/self").mkdir(parents=True)
    for content in (b"\xff\xfe", b"no colons\n", b"4:memory\n", b"0::/\n1:memory:/\n"):
        (tmp_path / "proc/self/cgroup").write_bytes(content)
        assert read_counters(tmp_path) is None


@pytest.mark.parametrize("missing", sorted(cgroup_trees.FILES_OF_VERSION_1))
def test_a_file_that_is_missing_is_no_error(read, missing):
    """A sandbox shows some files only: what they say is told, or nothing at all without the memory in use."""
    tree = dict(cgroup_trees.VERSION_1)
    del tree[f"sys/fs/cgroup/{missing}"]
    found = read(tree)
    assert (found is None) == (missing == "memory/memory.usage_in_bytes")
    assert found is None or found.memory_peak >= 200 * MEBIBYTE


@pytest.mark.parametrize("node", ["VERSION_1", "VERSION_2"])
def test_a_file_of_another_form_is_no_error(read, node):
    """Whatever stands in the files, the worst is that nothing is known."""
    tree = getattr(cgroup_trees, node)
    assert read({path: "?" if path.startswith("sys") else text for path, text in tree.items()}) is None


def test_without_a_peak_the_most_that_was_seen_is_told(read):
    """Version 2 counts the peak since Linux 5.19; before, it is at least what is there now."""
    tree = {**cgroup_trees.VERSION_2, "sys/fs/cgroup/memory.peak": ""}
    found = read(tree)
    assert (found.is_peak_counted, found.memory_peak >= 211_812_352) == (False, True)


def test_a_cgroup_outside_what_is_mounted_is_that_of_the_mount(read):
    """A path that leads out of the namespace is not followed."""
    tree = {**cgroup_trees.VERSION_2, "proc/self/cgroup": "0::/../../elsewhere\n"}
    assert read(tree) == EXPECTED


PROGRAM = """
import json, resource, sys
from pathlib import Path
sys.path.insert(0, {package!r})
from cgroup import read_counters
before = read_counters()
held = bytearray({size})
for page in range(0, len(held), 4096):
    held[page] = 1
del held
print(json.dumps([before and before._asdict(), (found := read_counters()) and found._asdict()]))
"""


def test_the_peak_of_a_process_that_allocates_300_mib_is_right(request):
    """On this machine, in a cgroup with limits where one can be made, the peak is right within 10 %."""
    package = str(request.config.rootpath / "airflow_provider_k8sexec" / "usage")
    program = PROGRAM.format(package=package, size=300 * MEBIBYTE)
    with make_cgroup(memory=1024 * MEBIBYTE, cpu=0.5) as own:
        command = own.enter([sys.executable, "-S", "-c", program])
        run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        before, after = json.loads(run.stdout)
        if own.version:
            assert after["memory_limit"] == 1024 * MEBIBYTE
            assert after["cpu_limit"] == 0.5
            assert after["memory_peak"] - before["memory_peak"] == pytest.approx(300 * MEBIBYTE, rel=0.1)
            assert after["memory_peak"] == pytest.approx(own.read_peak(), rel=0.01)
            assert 0 < after["cpu_seconds"] <= after["seconds"] < 60
        else:
            assert after is None or after["memory_peak"] >= 300 * MEBIBYTE
