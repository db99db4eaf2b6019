"""What DAG files set of pods, read in their sources."""

from __future__ import annotations

import ast


def features_of(source):
    """Give what a file sets of pods, as ``V1Container.image``, and what there is to say of its amounts."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value == "pod_template_file":
            found.add(node.value)
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            arguments = {each.arg: each.value for each in node.keywords}
            found |= {f"{name}.{argument}" for argument in arguments}
            if name == "V1ResourceRequirements":
                found |= {*_features_of_amounts(arguments.get("requests"), arguments.get("limits"))}
    return found


def _features_of_amounts(requests, limits):
    if requests is None or limits is None:
        yield "limits only" if requests is None else "requests only"
    else:
        equal = ast.dump(requests) == ast.dump(limits)
        yield "requests and limits are equal" if equal else "requests and limits differ"
    known_limits = _amounts_of(limits)
    if "memory" in known_limits and "cpu" not in known_limits:
        yield "a memory limit without a CPU limit"
    for name, value in [*_amounts_of(requests).items(), *known_limits.items()]:
        yield name
        if isinstance(value, ast.Constant) and not isinstance(value.value, str):
            yield "a plain number"


def _amounts_of(written):
    """Give amounts by their names; none where a name stands for all of them."""
    if not isinstance(written, ast.Dict):
        return {}
    return {getattr(key, "value", ""): value for key, value in zip(written.keys, written.values, strict=True)}
