# SPDX-License-Identifier: Apache-2.0
"""One cloud for all tests here, and what a test changes there and takes back.

A test that fails shows what each process has logged since it began.
"""

import pathlib

import pytest

from tests.integration import processes
from tests.integration.cloud import cloud as cloud_module
from tests.integration.cloud.guests import Guests

_CLOUD = pytest.StashKey[cloud_module.Cloud]()
_BEGIN = pytest.StashKey[dict[pathlib.Path, int]]()


@pytest.fixture(scope='session')
def cloud(request, tmp_path_factory):
    """Return a running Cloud."""
    made = cloud_module.Cloud(tmp_path_factory.mktemp('cloud'))
    request.session.stash[_CLOUD] = made
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope='session')
def guests(cloud):
    """Return Guests, who can make guests."""
    return Guests(cloud.admin)


@pytest.fixture
def boot(guests):
    """Return a function that makes a guest on a host; all are deleted."""
    made = []

    def boot(host):
        guest = guests.boot(host)
        made.append(guest)
        return guest

    yield boot
    for guest in made:
        guest.delete()


@pytest.fixture
def upgrade(cloud):
    """Return a function that gives a host another driver; all is undone."""
    changed = []

    def upgrade(host, driver):
        changed.append(host)
        host.upgrade(driver)

    yield upgrade
    for host in changed:
        host.upgrade(host.driver)
    for host in changed:
        cloud.wait_published(host)


@pytest.fixture
def call(cloud, tmp_path):
    """Return a function that runs a command with the administrator's OS_*."""
    env = processes.environment(tmp_path, **cloud.identity.variables())
    return lambda *words: processes.call(words, env)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Note how long the logs are."""
    item.stash[_BEGIN] = {log: processes.size(log) for log in _logs(item)}
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Show the logs of a test that has failed."""
    report = yield
    if report.failed:
        for log in _logs(item):
            text = processes.tail(log, item.stash[_BEGIN].get(log, 0))
            if text:
                report.sections.append((str(log), text))
    return report


def _logs(item):
    made = item.session.stash.get(_CLOUD, None)
    return sorted(made.logs.glob('*.log')) if made else []
