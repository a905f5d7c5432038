# SPDX-License-Identifier: Apache-2.0
"""Scenarios on Nova's own functional classes: its real API, conductor,
scheduler, Placement and libvirt driver, on a fake libvirt.

Nova's classes are made for unittest and replace much of the process that they
run in, so pytest does not collect these modules (their names do not begin with
``test_``): tests/functional/test_nova_scenarios.py runs each in a process of
its own, and one of them alone is run by

    python -m unittest tests.functional.nova_scenarios.vgpu
"""

# Nova decides here, before anything else may import eventlet, what its threads
# are. Its tests take eventlet unless told otherwise; nova-scheduler no longer
# does where native threads are supported, so nor do these.
import os

from nova import monkey_patch

if hasattr(monkey_patch, 'poison_eventlet'):
    os.environ.setdefault('OS_NOVA_DISABLE_EVENTLET_PATCHING', 'true')

import nova.tests.functional  # noqa: F401
