# SPDX-License-Identifier: Apache-2.0
"""What ``--status`` says of the agent, to people and to monitoring.

Pure: what is on disk, and who runs, is for the caller to find out.
"""

import dataclasses
import enum
import json
from collections.abc import Iterator

from nova_migcompat.agent import errors, schedule, state

#: A last cycle that is older than so many intervals is one too old.
STALE_INTERVALS = 3


class Health(enum.IntEnum):
    """How the agent is, as an exit status."""

    HEALTHY = 0
    FAILING = 1
    NOT_RUNNING = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
    """The agent's health, and why.

    :param health: the exit status.
    :param reason: in words, on one line.
    :param last: what the agent left on disk in this boot, if anything.
    :param now: seconds of the kernel's monotonic clock.
    """

    health: Health
    reason: str
    last: state.State | None
    now: float

    def lines(self) -> Iterator[str]:
        """Say it to a person."""
        yield f'{self.health.name.lower().replace("_", " ")}: {self.reason}'
        found = self.last
        if found is None:
            return
        yield f'process: {found.pid}, since {found.started.utc}'
        yield f'last cycle: {self._ago(found.cycle)}'
        if found.error:
            yield f'last success: {self._ago(found.success)}'
            yield f'failures in a row: {found.failures}'
            yield f'next try: at most {found.next_in:.0f} s after the last'
        if found.provider:
            uuid, name = found.provider
            yield f'resource provider: {errors.plain(name)} ({uuid})'
        yield f'devices: {found.devices}'
        yield f'documents: {len(found.documents)}'
        for digest in found.documents:
            yield f'  {errors.plain(digest)}'
        yield f'problems: {len(found.problems)}'
        for problem in found.problems:
            yield f'  {errors.plain(problem, 1000)}'

    def json(self) -> str:
        """Say it to a program."""
        return json.dumps(
            {
                'health': self.health.name.lower(),
                'reason': self.reason,
                'state': self.last and dataclasses.asdict(self.last),
            },
            indent=2,
        )

    def _ago(self, moment: state.Moment | None) -> str:
        if moment is None:
            return 'none'
        return f'{moment.utc}, {self.now - moment.uptime:.0f} s ago'


def judge(
    found: state.State | None, holder: int | None, boot_id: str, now: float
) -> Status:
    """Judge the agent.

    The file alone proves nothing: it outlives a crash and a reboot. What it
    says counts only while the process that wrote it holds the lock.

    :param found: what stands on disk; None: nothing.
    :param holder: the process that holds the lock; None: nobody does.
    :param boot_id: the present boot.
    :param now: seconds of the kernel's monotonic clock.
    """

    def status(health: Health, reason: str) -> Status:
        return Status(health, reason, found, now)

    if found is not None and found.boot_id != boot_id:
        found = None  # its process IDs and clock are those of another boot
    if holder is None:
        return status(Health.NOT_RUNNING, 'no agent runs')
    if found is None or found.pid != holder:
        found = None
        return status(
            Health.NOT_RUNNING, f'process {holder} has only just started'
        )
    return status(*_of_running(found, now))


def _of_running(found: state.State, now: float) -> tuple[Health, str]:
    """Judge an agent that runs."""
    last = found.cycle or found.started
    # Neither a back-off nor a slow Placement is a sign of a hang.
    limit = max(
        STALE_INTERVALS * found.interval,
        found.next_in + schedule.LONGEST_CYCLE,
    )
    if now - last.uptime > limit:
        return (
            Health.FAILING,
            'it hangs, or cannot record that it does not (its log says so'
            f' then): no cycle has ended for {now - last.uptime:.0f} s',
        )
    if found.cycle is None:
        return Health.FAILING, 'no cycle has ended yet'
    if found.error:
        return Health.FAILING, found.error
    if found.problems:
        number = len(found.problems)
        return (
            Health.FAILING,
            'there is 1 problem'
            if number == 1
            else f'there are {number} problems',
        )
    return Health.HEALTHY, 'every device is reported'
