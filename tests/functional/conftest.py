# SPDX-License-Identifier: Apache-2.0
"""What the tests on a real Placement share."""

import pytest

from tests import placement_in_process, placement_server
from tests.functional import agent_process


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


@pytest.fixture
def agent(tmp_path, placement):
    """Return an agent that is not started, an AgentProcess."""
    with agent_process.agent(tmp_path, placement) as made:
        yield made


@pytest.fixture
def gate(agent, placement):
    """Return the agent's way to Placement, a Gate that is open."""
    with agent_process.Gate(placement.url) as gate:
        agent.placement = placement.config().replace(placement.url, gate.url)
        agent.configure(interval=1)
        yield gate


@pytest.fixture(scope='session')
def near_placement():
    """Return Placement in this process, to be reset before its use."""
    return placement_in_process.PlacementInProcess()
