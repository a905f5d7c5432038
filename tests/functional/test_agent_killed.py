# SPDX-License-Identifier: Apache-2.0
"""The agent over a real connection: the process killed, the answer awaited.

A gate before Placement stops the request of a number that the test chooses,
and tells of it; what happens to the request then is for the test to say.
"""

import signal
import socketserver
import subprocess
import sys
import threading
from wsgiref import simple_server

import pytest
from keystoneauth1 import adapter, session, token_endpoint

from nova_migcompat import placement, traits
from nova_migcompat.agent import cycle
from tests import placement_in_process
from tests.functional.agent_host import FOREIGN, NODE, Host

X = 'SELF:\n\tname=x\n'
Y = 'SELF:\n\tname=y\n'
GPU = f'{NODE}_pci_0000_84_00_0'


class Gate:
    """A WSGI application before Placement that stops one request.

    :ivar requests: what has come, methods and paths
    :ivar stopped: set as soon as the request waits
    """

    def __init__(self, application):
        self._application = application
        self._one_at_a_time = threading.Lock()
        self.reset()

    def reset(self, number=0, done=False):
        """Begin to count.

        :param number: of the request that is stopped, from 1
        :param done: stop it when Placement has done what it asks; else
            before, and Placement never gets it
        """
        self.requests = []
        self.stopped = threading.Event()
        self._goes_on = threading.Event()
        self._number = number
        self._done = done

    def open(self):
        """Let the request go that is stopped."""
        self._goes_on.set()

    def __call__(self, environ, start_response):
        asked = environ['REQUEST_METHOD'], environ['PATH_INFO']
        with self._one_at_a_time:
            self.requests.append(asked)
            number = len(self.requests)
        if number != self._number:
            return self._application(environ, start_response)
        if self._done:
            body = self._application(environ, start_response)
        else:
            start_response('503 Service Unavailable', [])
            body = [b'']
        self.stopped.set()
        self._goes_on.wait(60)
        return body


class Served:
    """A host whose agent reaches Placement through a gate.

    :ivar host: the tests.functional.agent_host.Host, whose own agent is not
        stopped
    """

    def __init__(self, folder, near_placement, url, gate):
        self.placement = near_placement
        self.gate = gate
        self.host = Host(folder, near_placement)
        gpu = self.host.gpu('0000:84:00.0', X)
        self.host.gpu('0000:85:00.0', X)
        self.host.run()
        (gpu / 'migration_compatible').write_text(Y)
        self.url = url
        self._saved = near_placement.save()

    def reset(self):
        self.placement.restore(self._saved)

    def run(self, timeout=None):
        """Run a cycle over the connection."""
        client = placement.PlacementClient(
            adapter.Adapter(
                session.Session(auth=token_endpoint.Token(self.url, 'admin')),
                service_type='placement',
            ),
            timeout=timeout,
        )
        return cycle.run_once(self.host.conf({}), client)

    def start_process(self):
        """Start ``nova-migcompat-agent --once``."""
        config = self.host.folder / 'agent.conf'
        config.write_text(
            '[agent]\n'
            f'resource_provider = {NODE}\n'
            f'nova_config_files = {self.host.folder}/nova.conf\n'
            f'sysfs_root = {self.host.sysfs.root}\n'
            'publish_fields =\n'
            '[placement]\n'
            'auth_type = admin_token\n'
            f'endpoint = {self.url}\n'
            f'token = {placement_in_process.TOKEN}\n'
        )
        return subprocess.Popen(
            [
                sys.executable,
                '-m',
                'nova_migcompat.agent.main',
                '--config-file',
                str(config),
                '--once',
            ],
            stderr=subprocess.PIPE,
            text=True,
        )

    def points(self):
        """Count an undisturbed cycle; return its writes' numbers, and 1."""
        self.gate.reset()
        self.run()
        self.expected = self.placement.state()
        writes = [
            number
            for number, (method, _path) in enumerate(self.gate.requests, 1)
            if method != 'GET'
        ]
        return [1, *writes]

    def assert_nothing_is_lost(self):
        state = self.placement.state()
        foreign = set(state.traits[NODE]) - self.host.ours()
        assert foreign == FOREIGN
        digests = traits.digests(state.traits[NODE] | state.traits[GPU])
        assert (
            digests == traits.read_texts(state.names, digests).documents.keys()
        )

    def assert_repaired_by_the_next_cycle(self):
        self.host.run()
        assert self.placement.state() == self.expected


class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    """An HTTP server with a thread for each request."""

    daemon_threads = True


class Handler(simple_server.WSGIRequestHandler):
    """As its base, and quiet."""

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def served(tmp_path, near_placement):
    near_placement.reset()
    gate = Gate(near_placement)
    with Server(('127.0.0.1', 0), Handler) as server:
        server.set_app(gate)
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        url = f'http://127.0.0.1:{server.server_port}'
        yield Served(tmp_path, near_placement, url, gate)
        gate.open()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize('done', [False, True])
def test_a_process_that_is_killed_leaves_what_the_next_repairs(served, done):
    first, *_, last = served.points()
    for number in (first, 2, last):
        served.reset()
        served.gate.reset(number, done)
        process = served.start_process()
        assert served.gate.stopped.wait(60)

        process.send_signal(signal.SIGKILL)

        assert process.wait(30) == -signal.SIGKILL
        served.gate.open()
        served.assert_nothing_is_lost()
        served.assert_repaired_by_the_next_cycle()
        process.stderr.close()


@pytest.mark.parametrize('done', [False, True])
def test_an_answer_that_never_comes_is_an_error_in_time(served, done):
    for number in served.points():
        served.reset()
        served.gate.reset(number, done)

        with pytest.raises(placement.PlacementError, match='timed out'):
            served.run(timeout=0.2)

        served.gate.open()
        served.assert_nothing_is_lost()
        served.assert_repaired_by_the_next_cycle()
