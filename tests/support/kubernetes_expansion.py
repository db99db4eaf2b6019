"""What a container sees of its variables, by the rules of Kubernetes' documentation and kubelet.

Sources: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#envvar-v1-core
kubernetes/third_party/forked/golang/expansion, kubernetes/pkg/kubelet/kubelet_pods.go
"""


def expand(text: str, variables: dict[bytes, bytes]) -> bytes:
    """Replace the references in a text: byte by byte, ``$$`` is a ``$``, and what is unknown stays."""
    given, expanded, at = text.encode(), b"", 0
    while at < len(given):
        if given[at : at + 1] != b"$" or at + 1 == len(given):
            expanded, at = expanded + given[at : at + 1], at + 1
        elif given[at + 1 : at + 2] == b"$":
            expanded, at = expanded + b"$", at + 2
        elif given[at + 1 : at + 2] == b"(" and b")" in given[at + 2 :]:
            end = given.index(b")", at)
            name = given[at + 2 : end]
            expanded, at = expanded + variables.get(name, given[at : end + 1]), end + 1
        else:  # Go makes a string of the next byte as if it were a whole letter
            expanded, at = expanded + b"$" + chr(given[at + 1]).encode(), at + 2
    return expanded


def see(env, sources, outer):
    """Give what a container sees; ``None`` if it cannot start.

    Args:
        env: The list of variables.
        sources: The values of secrets and the like, by name and key; those that are missing have none.
        outer: What ``envFrom`` and services define.
    """
    seen = dict(outer)
    for item in env:
        value = expand(item.get("value") or "", seen)
        if not item.get("value") and "valueFrom" in item:
            ((kind, source),) = item["valueFrom"].items()
            value = sources.get((kind, source.get("key")))
            if value is None:
                if source.get("optional"):
                    continue
                return None
        seen[item["name"].encode()] = value
    return seen
