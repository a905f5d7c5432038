# SPDX-License-Identifier: Apache-2.0
"""A host that begins to differ: a name for each of its VFs, side by side."""

import threading

import pytest

from nova_migcompat import placement as placement_module
from tests.functional.agent_host import Host

X = 'SELF:\n\tname=x\n'
Y = 'SELF:\n\tname=y\n'
VFS = 7
#: Of each VF but the one without a document, and the D name and text of Y.
NAMES = VFS - 1 + 2


class Requests:
    """What an adapter sends, of which one request may fail.

    :ivar sent: the paths of what was written, in that order
    :ivar running: how many have not been answered
    :ivar at_once: how many ran at once
    """

    def __init__(self, adapter):
        self._send = adapter.request
        adapter.request = self._request
        self._lock = threading.Lock()
        self.begin()

    def begin(self, failing=0):
        """Begin to count.

        :param failing: the number of the write that fails, from 1
        """
        self.sent = []
        self.running = self.at_once = 0
        self._failing = failing

    def _request(self, url, method, **options):
        with self._lock:
            self.running += 1
            self.at_once = max(self.at_once, self.running)
            if method != 'GET':
                self.sent.append(url)
                if len(self.sent) == self._failing:
                    self.running -= 1
                    raise OSError('cut')
        try:
            return self._send(url, method, **options)
        finally:
            with self._lock:
                self.running -= 1


@pytest.fixture
def host(tmp_path, placement):
    host = Host(tmp_path, placement)
    first, *_, last = host.vfs(*[X] * VFS)
    host.run()
    (first / 'migration_compatible').write_text(Y)
    (last / 'migration_compatible').unlink()
    host.client = placement_module.PlacementClient(host.adapter, at_once=4)
    placement.save()
    return host


@pytest.fixture
def requests(host):
    return Requests(host.adapter)


def test_new_names_are_made_side_by_side(host, requests):
    host.run()

    made = [url for url in requests.sent if url.startswith('/traits/')]
    assert len(made) == NAMES
    assert 1 < requests.at_once <= 4
    assert len([name for name in host.ours() if '_L_' in name]) == VFS - 1


def test_each_of_them_may_fail_and_the_next_cycle_goes_on(
    host, requests, placement
):
    host.run()
    expected = host.ours()
    for number in range(1, NAMES + 1):
        placement.restore()
        requests.begin(number)

        with pytest.raises(placement_module.PlacementError, match='cut'):
            host.run()

        assert requests.running == 0
        assert len(requests.sent) < number + 4
        assert not any('resource_prov' in url for url in requests.sent)
        host.run()
        assert host.ours() == expected
