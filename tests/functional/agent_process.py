# SPDX-License-Identifier: Apache-2.0
"""A compute host whose agent runs as a process of its own.

Its sysfs is a fake tree, its Placement is real. Knows nothing of what the
agent should publish.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

from tests import fake_sysfs
from tests.placement_server import Admin

NODE = 'compute1'


def until(true, seconds=30.0):
    """Wait until a function returns something true; return that.

    :raises AssertionError: it does not in time
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f'not within {seconds} s: {true}')


class AgentProcess:
    """An agent, and what it is configured with.

    :ivar process: the running process, a subprocess.Popen
    :param folder: for everything of this host
    :param placement: the group [placement], as in agent.conf
    :param options: of [agent]
    """

    def __init__(self, folder, placement, **options):
        self.folder = folder
        self.sysfs = fake_sysfs.FakeSysfs(folder / 'sys')
        self.config = folder / 'agent.conf'
        self.state_path = folder / 'state'
        self.log_file = folder / 'agent.log'
        self.process = None
        self.placement = placement
        self.configure(**options)

    def configure(self, placement=None, **options):
        """Write the configuration file, and say nothing to the agent."""
        values = {
            'resource_provider': NODE,
            'nova_config_files': '',
            'sysfs_root': self.sysfs.root,
            'devices_folder': self.folder / 'devices.d',
            'rules_folder': self.folder / 'rules.d',
            'state_path': self.state_path,
            'publish_fields': '',
            **options,
        }
        lines = [f'{name} = {value}' for name, value in values.items()]
        self.config.write_text(
            '\n'.join(['[agent]', *lines, placement or self.placement])
        )

    def vf(self, number, text):
        """Add a VF with a document; return the file of the document."""
        folder = self.sysfs.function(f'0000:81:00.{number}', 'acme_vfio_pci')
        path = folder / 'migration_compatible'
        path.write_text(text)
        return path

    def command(self, *arguments):
        """Return the command line."""
        return [
            sys.executable,
            '-m',
            'nova_migcompat.agent.main',
            '--config-file',
            str(self.config),
            *arguments,
        ]

    def start(self, *arguments, **environment):
        """Start the agent; returns when its loop runs."""
        with self.log_file.open('ab') as log:
            self.process = subprocess.Popen(
                self.command(*arguments),
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
            )
        until(lambda: self.state().get('pid') == self.process.pid)

    def call(self, *arguments):
        """Call the command and wait for its end."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def reload(self):
        """Send SIGHUP."""
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        """Send SIGKILL, and wait for the end."""
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self):
        """Send SIGTERM; return the exit status and the seconds it took."""
        begun = time.monotonic()
        self.process.terminate()
        status = self.process.wait(timeout=30)
        return status, time.monotonic() - begun

    def state(self):
        """Return what stands in the state file."""
        try:
            return json.loads((self.state_path / 'state.json').read_text())
        except FileNotFoundError:
            return {}

    def cycles(self):
        """Return when the last cycle ended, None before the first."""
        return self.state()['cycle']

    def next_cycle(self, seconds=30.0):
        """Wait for the end of another cycle; return the state then."""
        before = self.state()['cycle']
        until(lambda: self.state()['cycle'] != before, seconds)
        return self.state()

    def log(self):
        """Return what the agent has written to its log."""
        return self.log_file.read_text()

    def close(self):
        """End whatever still runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()


@contextlib.contextmanager
def agent(folder, server, **options):
    """Make a host with a provider and an agent, which is not started yet.

    :param server: a PlacementServer
    :param options: of [agent]
    """
    made = AgentProcess(folder, server.config(), **options)
    made.admin = Admin(server.adapter())
    made.node = made.admin.create_provider(NODE)
    try:
        yield made
    finally:
        made.close()


class Gate:
    """A way to Placement that can be shut, and so that nothing answers.

    :ivar url: its address
    :ivar taken: how many connections came
    :param target: the URL that it leads to
    """

    def __init__(self, target):
        host, _, port = target.removeprefix('http://').rpartition(':')
        self._target = host, int(port)
        self._pass = True
        self._open = []
        self.taken = 0

    def __enter__(self):
        self._listener = socket.create_server(('127.0.0.1', 0))
        port = self._listener.getsockname()[1]
        self.url = f'http://127.0.0.1:{port}'
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self._listener.close()
        self.open()

    def open(self):
        """Let requests pass; those that hang end in an error."""
        self._pass = True
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def hang(self):
        """Take requests from now on, and answer none."""
        self.open()
        self._pass = False

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.taken += 1
                self._open.append(client)
                if self._pass:
                    self._lead(client)

    def _lead(self, client):
        server = socket.create_connection(self._target)
        self._open.append(server)
        for ends in ((client, server), (server, client)):
            threading.Thread(target=self._pump, args=ends, daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


class NotifySocket:
    """What systemd listens at.

    :ivar path: for the variable NOTIFY_SOCKET
    :param folder: where it is made
    """

    def __init__(self, folder: pathlib.Path):
        self.path = str(folder / 'notify')
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)

    def next(self, seconds=10.0):
        """Return the next message, None where there is none in time."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(1024).decode()
        except TimeoutError:
            return None

    def close(self):
        self._socket.close()
