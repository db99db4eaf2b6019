'''
Helfer fuer Executor-Configs.

    from common.k8s import resources
    executor_config=resources(cpu=0.5, memory=1000)
'''
from kubernetes.client import models as k8s


def resources(cpu=0.5, memory=1000):
    '''cpu in cores, memory in MB; requests are equal to limits.'''
    amounts = {'cpu': cpu, 'memory': f'{memory}M'}
    return {
        'pod_override': k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[k8s.V1Container(
                    name='base',
                    resources=k8s.V1ResourceRequirements(requests=amounts, limits=amounts),
                )]
            )
        )
    }


def with_image(tag, pull_policy='IfNotPresent'):
    image = 'harbor.kontor.example/airflow/quant:%s' % tag
    return {'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(containers=[
        k8s.V1Container(name='base', image=image, image_pull_policy=pull_policy)]))}
