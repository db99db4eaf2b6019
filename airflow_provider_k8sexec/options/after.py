"""After which ends of a try a step of per-try values is taken. The command line starts with this module."""

from __future__ import annotations

from typing import Literal, get_args

After = Literal["failure", "oom", "disruption"]
"""After which end of a try the next step is taken."""

FAILURE: After = "failure"
"""After any end: the step is the number of the try, and nothing has to be looked up."""

AFTERS: tuple[After, ...] = get_args(After)
