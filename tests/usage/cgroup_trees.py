"""What the kernel shows a worker of its cgroup, on several kinds of node: path and content of each file.

That of version 1 is as read on a machine (Linux 6.18, hybrid hierarchy), that of version 2 is in the form of
https://docs.kernel.org/admin-guide/cgroup-v2.html.
"""

from __future__ import annotations

STAT = "7 (airflow (task) ru) S 1 1 1 0 -1 4194304 91 27212 0 0 0 0 1 6 20 0 1 0 {start} 2654208 367"

PROC = {
    "proc/uptime": "14299.03 10302.36\n",
    "proc/self/status": "Name:\tairflow worker\nVmPeak:\t  512000 kB\nVmHWM:\t  204800 kB\n",
    "proc/self/stat": STAT.format(start=1428903),
    "proc/1/stat": STAT.format(start=1427903),
    "proc/7/stat": STAT.format(start=1428903),
}
"""The worker's supervisor was started 20 seconds ago, and the task 10."""

_STAT_OF_VERSION_1 = """cache 8192000
rss 202866688
shmem 1048576
inactive_anon 114688
active_anon 4096
inactive_file 1
active_file 1
hierarchical_memory_limit 536870912
total_cache 8192000
total_rss 202866688
total_shmem 1048576
total_inactive_file 6000000
total_active_file 1143424
"""

FILES_OF_VERSION_1 = {
    "memory/memory.stat": _STAT_OF_VERSION_1,
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    "memory/memory.max_usage_in_bytes": "325058560\n",
    "memory/memory.usage_in_bytes": "211812352\n",
    "memory/memory.limit_in_bytes": "536870912\n",
    "memory/cgroup.procs": "1\n7\n",
    "cpuacct/cpuacct.usage": "8000000000\n",
    "cpu/cpu.cfs_quota_us": "50000\n",
    "cpu/cpu.cfs_period_us": "100000\n",
}

_POD = "/kubepods/burstable/pod0c5ddd1e-7d0f-4a3c-9d1b-2f6f0a3f9f3e/5f0c1c"

VERSION_1 = {
    **PROC,
    "proc/self/cgroup": "".join(
        f"{number}:{names}:{_POD}\n"
        for number, names in enumerate(["name=systemd", "cpu,cpuacct", "memory", "pids"], 1)
    )
    + "0::/system.slice/containerd.service\n",
    **{f"sys/fs/cgroup/{path}": text for path, text in FILES_OF_VERSION_1.items()},
}
"""A container of version 1: its own cgroup is mounted, and ``/proc`` names it as the node does."""

_STAT_OF_VERSION_2 = """anon 202866688
file 8192000
kernel 4718592
shmem 1048576
inactive_anon 203812864
active_anon 81920
inactive_file 6000000
active_file 1143424
unevictable 0
slab_reclaimable 1203104
"""

_FILES_OF_VERSION_2 = {
    "memory.stat": _STAT_OF_VERSION_2,
    "memory.events": "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n",
    "memory.peak": "325058560\n",
    "memory.current": "211812352\n",
    "memory.max": "536870912\n",
    "cgroup.procs": "1\n7\n",
    "cpu.stat": "usage_usec 8000000\nuser_usec 6500000\nsystem_usec 1500000\nnr_periods 200\n",
    "cpu.max": "50000 100000\n",
}

VERSION_2 = {
    **PROC,
    "proc/self/cgroup": "0::/\n",
    **{f"sys/fs/cgroup/{path}": text for path, text in _FILES_OF_VERSION_2.items()},
}
"""A container of version 2, with a namespace of cgroups of its own, as is usual."""

VERSION_2_ON_THE_NODE = {
    **PROC,
    "proc/self/cgroup": f"0::{_POD}\n",
    "sys/fs/cgroup/cpu.stat": "usage_usec 990000000000\n",
    **{f"sys/fs/cgroup{_POD}/{path}": text for path, text in _FILES_OF_VERSION_2.items()},
}
"""The same, where the container shares the node's namespace, and sees all cgroups."""

NO_LIMITS_OF_VERSION_1 = {
    **VERSION_1,
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
}

NO_LIMITS_OF_VERSION_2 = {
    **VERSION_2,
    "sys/fs/cgroup/memory.max": "max\n",
    "sys/fs/cgroup/cpu.max": "max 100000\n",
}

MACHINE_OF_VERSION_1 = {**VERSION_1, "sys/fs/cgroup/memory/release_agent": "\n"}
"""No container: the cgroup is that of the whole machine."""

MACHINE_OF_VERSION_2 = {
    **PROC,
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/cpu.stat": "usage_usec 990000000000\n",
    "sys/fs/cgroup/memory.stat": _STAT_OF_VERSION_2,
}
"""Likewise; its cgroup of version 2 does not count."""
