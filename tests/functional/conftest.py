# SPDX-License-Identifier: Apache-2.0
"""What the tests on a real Placement share."""

import pytest

from tests import placement_server


@pytest.fixture(scope='session')
def placement_process():
    """One Placement for the whole run."""
    with placement_server.PlacementServer() as server:
        yield server


@pytest.fixture
def placement(placement_process):
    """Return an empty Placement, a tests.placement_server.PlacementServer."""
    placement_process.reset()
    return placement_process
