"""Words and numbers that may be wrong in pod options, and those that are right in a few places."""

from __future__ import annotations

# fmt: off
ODD_TEXTS = (
    "", " ", "a b", " a", "a ", "-a", "a-", "A", "Aa", "a_b", "_", "a.b", "a..b", ".", "..", "..a", "a..",
    "a.", "a" * 63, "a" * 64, "a" * 253, "a" * 254, "a" * 1001, ".".join(["a" * 62] * 4),
    ".".join(["a" * 63] * 4), "ä", "a\n", "1", "1a", "a/b", "a/b/c", "/a", "a/", "A.b/c", "a_b/c",
    "a/" + "b" * 64, "a:b", "a=b", "a,b", "a\x00b", "\\a", "$(A)", "true", "null", "-1",
    "kubernetes.io/a", "a" * 253 + "/b", "a" * 254 + "/b",
)
EXECUTOR_KEYS = (
    "dag_id", "task_id", "run_id", "try_number", "map_index", "airflow-worker", "kubernetes_executor",
)
UNITS_OF_BYTES = (
    "Ki", "Mi", "Gi", "Ti", "k", "M", "G", "T", "e6", "E9", "e+7",
)
SUFFIXES = (
    "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E3", "e-3",
    "E+2", "K", "mi", "MB", "Mib", "mI", "e", "e1.5", "e-10", "e30", "e300", "e-300", " Mi", "Mi ", "\n",
    "%", "_", "i", "Ee", "e3Mi",
)
NUMBERS = (
    "0", "1", "10", "512", "007", "1.5", "1.", ".5", ".", "", "0.1", "1.0000000001", "9223372036854775807",
    "9223372036854775808", "1_000", "1,5", "0x10", "\u0661", "1" * 40, "0." + "0" * 30 + "1",
)
FIELD_PATHS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels['a']",
    "metadata.annotations['b.c/d']", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.podIP", "status.podIPs",
)
ODD_FIELD_PATHS = (
    "metadata.labels", "metadata.annotations", "metadata.labels['']", "metadata.labels['a b']",
    "status.phase", "spec.nodename", "metadata.name ", "metadata.annotations['A/B']", "metadata.labels[a]",
    "spec.containers", 'metadata.labels["a"]', "metadata.uid['a']", "metadata.labels['a'",
    "metadata.labels['a']['b']",
)
RESOURCE_NAMES = (
    "limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu", "requests.memory",
)
ODD_NUMBERS = (
    -1, 0, 1, 2, 100, 101, 511, 512, 65535, 65536, 2**31 - 1, 2**31, 2**63, 1.0, 1.5, "1", True,
)
ODD_PATHS = (
    "", "/", "//", ".", "..", "a/..", "../a", "a/../b", "..a", "a/..b", "...", "/a", "a//b", "./a", "a/",
    "\\a", "a:b", "a b", "ä", "~", "C:\\a", "..data", "a\x00b", "a" * 5000, "$(A)",
)
EFFECTS = (
    "NoSchedule", "PreferNoSchedule", "NoExecute",
)
PULL_POLICIES = (
    "Always", "IfNotPresent", "Never",
)
SELECTOR_WORDS = (
    "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "in", "metadata.name", "1",
)
VOLUME_WORDS = (
    *ODD_PATHS, *FIELD_PATHS, *ODD_FIELD_PATHS, *RESOURCE_NAMES, "1Gi", "-1Gi", "abc", "Memory",
    "HugePages", "File",
)
SECURITY_WORDS = (
    "Always", "always", "Localhost", "RuntimeDefault", "SYS_ADMIN", "net/core/a", "a.B", "../a", "/a",
    "Default",
)
CONTAINER_WORDS = (
    *PULL_POLICIES, *FIELD_PATHS, *ODD_FIELD_PATHS, *RESOURCE_NAMES, "always", "File", "base", "TCP", "tcp",
    "UDP", "HTTP", "https", "../a", "A=B", "..A", "-1Gi", "abc", "1", "100m", "1Gi", "SYS_ADMIN",
    "a" * 16, "a--b", "1234",
)
POD_WORDS = (
    *SELECTOR_WORDS, *EFFECTS, "Always", "OnFailure", "Never", "None", "Default", "ClusterFirst",
    "clusterfirst", "DoNotSchedule", "10.0.0.256", "10.0.0.1", "*.a", "Preempt", "PreemptLowerPriority",
)
# fmt: on
