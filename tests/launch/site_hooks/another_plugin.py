"""Another distribution's hooks: a wrapper registered later than ours, and a plain one."""

from airflow.policies import hookimpl

SEEN = []


class Wrapper:
    """Looks at a pod before and after the hooks inside it."""

    @hookimpl(wrapper=True)
    def pod_mutation_hook(self, pod):
        SEEN.append(("wrapper before", pod.spec.containers[0].resources.limits["memory"]))
        result = yield
        pod.spec.affinity = None
        SEEN.append(("wrapper after", pod.spec.containers[0].resources.limits["memory"]))
        return result


class Plain:
    """Sets a label."""

    @hookimpl
    def pod_mutation_hook(self, pod):
        SEEN.append(("plain", pod.spec.containers[0].resources.limits["memory"]))
        pod.metadata.labels["of"] = "another plugin"
