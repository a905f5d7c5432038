# SPDX-License-Identifier: Apache-2.0
"""What the tests on a real Placement share."""

import functools
import os
import shutil

import pytest
import requests_mock
import yaml

from demo import command as demo
from nova_migcompat.cli import access, main
from nova_migcompat.cli import cloud as cloud_module
from tests import placement_in_process, placement_server
from tests.answer import Answer
from tests.functional import (
    agent_process,
    gpu_fleet,
    guest_cloud,
    operator_command,
    published_fleet,
    sample_cloud,
)
from tests.functional import keystone as keystones
from tests.placement_server import TOKEN


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
def cloud(placement):
    """Return a fleet without any host, a published_fleet.Fleet."""
    return published_fleet.Fleet(placement)


@pytest.fixture
def cloud_with_guests(placement, monkeypatch, capsys):
    """Return a fleet that the command asks, a guest_cloud.Cloud."""
    cloud = guest_cloud.Cloud(placement, capsys)
    monkeypatch.setattr(
        cloud_module.CloudLister, 'placement', lambda *_: cloud.client
    )
    monkeypatch.setattr(
        cloud_module.CloudLister, 'compute', lambda *_: cloud.nova
    )
    return cloud


@pytest.fixture
def drain(cloud_with_guests):
    """Return a function that runs the command drain on that fleet."""
    return functools.partial(cloud_with_guests.ask, 'drain')


@pytest.fixture
def explain(tmp_path, placement, capsys):
    """Return the command explain, a gpu_fleet.Explain."""
    config = tmp_path / 'admin.conf'
    config.write_text(placement.config())
    return gpu_fleet.Explain(config, capsys)


@pytest.fixture
def command(tmp_path, placement, capsys):
    """Return the operator's command, an operator_command.Command."""
    return operator_command.Command(tmp_path, placement, capsys)


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


@pytest.fixture
def keystone(placement):
    with requests_mock.Mocker(real_http=True) as mocker:
        yield keystones.Keystone(mocker, placement.url)


@pytest.fixture
def nothing_given(tmp_path, monkeypatch):
    """Let neither this machine's variables nor its files count."""
    for name in os.environ:
        if name.startswith('OS_'):
            monkeypatch.delenv(name)
    monkeypatch.setenv('OS_CLIENT_CONFIG_FILE', str(tmp_path / 'clouds.yaml'))
    monkeypatch.setattr(access, 'CONFIG_FILE', str(tmp_path / 'agent.conf'))
    (tmp_path / 'clouds.yaml').write_text('clouds: {}\n')


@pytest.fixture
def clouds(tmp_path):
    """Return a function that writes clouds.yaml."""

    def write(**clouds):
        text = yaml.safe_dump({'clouds': clouds})
        (tmp_path / 'clouds.yaml').write_text(text)

    return write


@pytest.fixture
def variables(monkeypatch):
    """Set the variables that openrc files set."""
    for name, value in keystones.AUTH.items():
        monkeypatch.setenv(f'OS_{name.upper()}', value)
    monkeypatch.setenv('OS_REGION_NAME', 'here')


@pytest.fixture
def purge(capsys):
    """Return a function that asks Placement, keystone.purge."""
    return functools.partial(keystones.purge, capsys)


@pytest.fixture(scope='module')
def sample_hosts(tmp_path_factory, placement_process):
    """Publish the sample fleet; return the UUIDs of its hosts by name.

    For modules that change nothing of it.
    """
    placement_process.reset()
    folder = tmp_path_factory.mktemp('agent')
    return sample_cloud.publish(folder, placement_process)


@pytest.fixture
def ask_sample(
    sample_hosts,
    placement_process,
    nothing_given,
    tmp_path,
    monkeypatch,
    capsys,
):
    """Return what runs the command on the sample fleet with its guests, in a
    folder with the documents of the sample upgrade.
    """
    shutil.copytree(sample_cloud.UPGRADE, tmp_path / 'releases')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('OS_CLOUD', 'demo')

    def ask(*words):
        status = main.main(words)
        return Answer(status, *capsys.readouterr())

    with demo.NovaApi(demo.guests(), sample_hosts) as nova:
        demo.write_clouds(tmp_path, placement_process.url, TOKEN, nova.url)
        yield ask
