"""What pod options cost, beside plain tasks and hand-written pods: ``make bench``.

``alternatives`` has the DAG files, ``probes`` what is measured of each in a process of its own, ``rounds``
runs the alternatives in turn and takes medians, ``table`` writes them down, and ``budgets`` says what they
are to be.
"""
