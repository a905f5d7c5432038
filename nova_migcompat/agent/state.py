# SPDX-License-Identifier: Apache-2.0
"""What the running agent leaves on disk for ``--status``.

A file that is replaced whole after each cycle, so that a reader finds the one
before or the one after. Knows nothing of how it is judged.
"""

import dataclasses
import datetime
import json
import pathlib
import time
from typing import Any

from nova_migcompat.agent import reading, writing

FILE = 'state.json'

#: Bytes. A thousand devices that are left out make some hundred KiB.
MAX_BYTES = 4 * 1024 * 1024

#: What each field of the file is in JSON, moments and lists apart.
_TYPES: dict[str, type | tuple[type, ...]] = {
    'pid': int,
    'boot_id': str,
    'interval': int,
    'error': (str, type(None)),
    'failures': int,
    'devices': int,
}

_BOOT_ID = pathlib.Path('/proc/sys/kernel/random/boot_id')


@dataclasses.dataclass(frozen=True, slots=True)
class Moment:
    """When something was, for people and for reckoning.

    :param utc: ISO 8601, to the second.
    :param uptime: seconds of the kernel's monotonic clock, which every process
        of one boot shares and nobody sets.
    """

    utc: str
    uptime: float

    @classmethod
    def now(cls) -> 'Moment':
        """Return this moment."""
        utc = datetime.datetime.now(datetime.UTC)
        return cls(utc.isoformat(timespec='seconds'), time.monotonic())


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """The agent as of the end of its last cycle.

    :param pid: the agent's process.
    :param boot_id: the boot that it runs in, as the kernel names it.
    :param started: when it started.
    :param interval: ``[agent] interval``, in seconds.
    :param cycle: the end of its last cycle; None before the first.
    :param error: why that one failed; None where it did not.
    :param failures: how many failed in a row.
    :param success: the end of the last one that did not fail; None before.
    :param next_in: seconds from the last cycle to the next, at the latest.
    :param provider: UUID and name of the compute node's provider, where known.
    :param devices: how many devices there are to tell of.
    :param documents: the digests of their documents.
    :param problems: why devices are left out, and what else is wrong, one
        line each.
    """

    pid: int
    boot_id: str
    started: Moment
    interval: int
    cycle: Moment | None = None
    error: str | None = None
    failures: int = 0
    success: Moment | None = None
    next_in: float = 0.0
    provider: tuple[str, str] | None = None
    devices: int = 0
    documents: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def boot_id() -> str:
    """Return the kernel's name of this boot."""
    return _BOOT_ID.read_text().strip()


def write(folder: pathlib.Path, state: State) -> None:
    """Replace the file; after a crash at any moment it is whole.

    :param folder: the agent's folder.
    :param state: what to write.
    :raises OSError: where that fails.
    """
    writing.replace(
        folder / FILE, json.dumps(dataclasses.asdict(state), indent=2)
    )


def read(folder: pathlib.Path) -> State | None:
    """Read the file.

    :param folder: the agent's folder; need not exist.
    :returns: its content; None where there is none.
    :raises reading.UnreadableError: where it cannot be read, is something
        else than a regular file, or is too large.
    :raises ValueError: where it holds something else.
    """
    try:
        data = reading.read_file(folder / FILE, MAX_BYTES)
    except reading.MissingError:
        return None
    try:
        return _state(json.loads(data))
    except (
        AttributeError,
        LookupError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as e:
        raise ValueError(f'it is not what the agent writes: {e!r}') from e


def _state(found: dict[str, Any]) -> State:
    for name, kind in _TYPES.items():
        if not isinstance(found[name], kind):
            raise TypeError(f'{name} is {found[name]!r:.80}')
    provider = found['provider']
    if provider is not None:
        uuid, name = _texts(provider)
        provider = uuid, name
    return State(
        **{
            **found,
            'started': _moment(found['started']),
            'cycle': found['cycle'] and _moment(found['cycle']),
            'success': found['success'] and _moment(found['success']),
            'next_in': float(found['next_in']),
            'provider': provider,
            'documents': _texts(found['documents']),
            'problems': _texts(found['problems']),
        }
    )


def _moment(found: dict[str, Any]) -> Moment:
    utc = datetime.datetime.fromisoformat(found['utc'])
    return Moment(utc.isoformat(), float(found['uptime']))


def _texts(found: list[Any]) -> tuple[str, ...]:
    if not (
        isinstance(found, list) and all(isinstance(x, str) for x in found)
    ):
        raise TypeError(f'{found!r:.80} is no list of strings')
    return tuple(found)
