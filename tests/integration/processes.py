# SPDX-License-Identifier: Apache-2.0
"""Processes that tests start, wait for and stop, and their logs.

Knows nothing of what they do.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping

ROOT = pathlib.Path(__file__).parents[2]
HOST = '127.0.0.1'
#: Commands of this environment first; those of servers are in sbin.
_PATH = os.pathsep.join(
    (
        str(pathlib.Path(sys.executable).parent),
        os.environ.get('PATH', os.defpath),
        '/usr/sbin',
    )
)
#: Seconds after which a wait has failed, on two busy cores.
LONG = 300.0
#: Seconds in which a process that is told to end has to.
GRACE = 20.0


class WaitError(AssertionError):
    """What was waited for has not come, or cannot come any more."""


def until(what: str, true: Callable, seconds: float = LONG):
    """Wait until a function returns something true; return that.

    :param what: what is waited for, for the message
    :raises WaitError: it does not in time
    """
    end = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        if time.monotonic() > end:
            raise WaitError(f'not within {seconds:.0f} s: {what}')
        time.sleep(0.1)


def free_port() -> int:
    """Return a port of this machine that nobody has."""
    with socket.create_server((HOST, 0)) as server:
        return server.getsockname()[1]


def listens(port: int) -> bool:
    """Tell whether something takes connections at a port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((HOST, port)) == 0


def program(name: str, package: str) -> str:
    """Return the path of a program.

    :param package: that has it, on Debian
    :raises WaitError: it is not here
    """
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise WaitError(f'{name} is not here: apt-get install {package}')
    return found


def environment(folder: pathlib.Path, **more: str) -> dict[str, str]:
    """Return the variables of a process.

    Nothing but the path comes from who runs the tests, so that neither a
    proxy nor somebody's ``OS_CLOUD`` counts.

    :param folder: its home
    """
    return {
        'PATH': _PATH,
        'HOME': str(folder),
        'LANG': 'C.UTF-8',
        'PYTHONPATH': str(ROOT),
        # Of libraries about each other: not for this project to mend.
        'PYTHONWARNINGS': 'ignore',
        **more,
    }


class Process:
    """A process in a session of its own, with its log in a file.

    :ivar log: the path of its log
    :param name: for messages, and of the log
    :param command: the program and its arguments
    :param folder: for the log
    :param env: all of its variables
    :param port: where it listens when it is ready
    """

    def __init__(
        self,
        name: str,
        command: Iterable[object],
        folder: pathlib.Path,
        env: Mapping[str, str],
        port: int | None = None,
    ) -> None:
        self.name = name
        self.log = folder / f'{name}.log'
        self._command = [str(word) for word in command]
        self._env = env
        self._port = port
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it, and wait until it listens, where it has a port.

        :raises WaitError: it does not, or it has ended; with its log's end
        """
        with self.log.open('ab') as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._env,
                cwd=ROOT,
                start_new_session=True,
            )
        if self._port:
            self.wait_until('it listens', lambda: listens(self._port))

    def wait_until(self, what: str, true: Callable, seconds: float = LONG):
        """Wait for something that this process is to do.

        :raises WaitError: it does not, or it has ended; with its log's end
        """

        def check():
            if not self.runs():
                raise WaitError('it has ended')
            return true()

        try:
            return until(what, check, seconds)
        except WaitError as e:
            raise WaitError(f'{self.name}: {e}\n{tail(self.log)}') from e

    def runs(self) -> bool:
        """Tell whether it is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Tell it to end, and its children; kill those that do not."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a warning, and its children."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if not self.runs():
            return
        os.killpg(self._process.pid, how)
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(GRACE)

    def restart(self) -> None:
        """Stop it, and start it again."""
        self.stop()
        self.start()


def size(log: pathlib.Path) -> int:
    """Return how long a log is, in bytes."""
    return log.stat().st_size if log.exists() else 0


def tail(log: pathlib.Path, since: int = 0, lines: int = 40) -> str:
    """Return the end of a log.

    :param since: what stood there before is left out, in bytes
    """
    if not log.exists():
        return ''
    with log.open('rb') as file:
        file.seek(since)
        text = file.read().decode(errors='replace')
    return '\n'.join(text.splitlines()[-lines:])


def call(
    command: Iterable[object],
    env: Mapping[str, str],
    seconds: float = 600,
) -> str:
    """Run a command to its end; return its standard output.

    :raises WaitError: it fails, or takes longer
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=env,
            cwd=ROOT,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as e:
        raise WaitError(f'not within {seconds} s: {" ".join(words)}') from e
    if done.returncode:
        raise WaitError(
            f'{" ".join(words)}: exit status {done.returncode}\n'
            f'{done.stdout[-2000:]}\n{done.stderr[-4000:]}'
        )
    return done.stdout
