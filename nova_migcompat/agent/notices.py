# SPDX-License-Identifier: Apache-2.0
"""What the agent has to say of a host in its log, each thing once.

Knows nothing of how devices are looked at or published.
"""

from collections.abc import Iterable

from oslo_log import log as logging

from nova_migcompat.agent import errors, model

LOG = logging.getLogger(__name__)


class Notices:
    """Remembers what was said, and says what is new and what is over."""

    def __init__(self) -> None:
        self._warnings: frozenset[str] = frozenset()
        self._problems: frozenset[model.Problem] = frozenset()
        self._absent: frozenset[str] = frozenset()
        self._counts: tuple[int, int] | None = None

    def of_devices(
        self,
        warnings: Iterable[str],
        problems: Iterable[model.Problem],
        counts: tuple[int, int],
    ) -> None:
        """Say what a look at the devices brought.

        :param warnings: what an operator should know.
        :param problems: what is wrong, and which devices are left out.
        :param counts: how many devices and different documents there are.
        """
        warnings, problems = list(warnings), list(problems)
        for warning in warnings:
            if warning not in self._warnings:
                LOG.warning('%s', warning)
        for problem in problems:
            if problem not in self._problems:
                LOG.error(
                    'A device is left out: %s' if problem.device else '%s',
                    problem,
                )
        for problem in sorted(self._problems.difference(problems), key=str):
            LOG.info('No longer: %s', problem)
        if counts != self._counts:
            LOG.info(
                'This host has %d devices to tell of, with %d different'
                ' documents',
                *counts,
            )
        self._warnings = frozenset(warnings)
        self._problems = frozenset(problems)
        self._counts = counts

    def of_absent(self, names: Iterable[str]) -> None:
        """Say which resource providers do not exist yet.

        :param names: of providers that should have names of ours.
        """
        absent = frozenset(names)
        for name in sorted(absent - self._absent):
            LOG.info(
                'There is no resource provider %s yet: its names follow when'
                ' nova-compute has made it',
                errors.plain(name),
            )
        self._absent = absent


class Outage:
    """Failed cycles in a row, from the first to the first that does not fail.

    :ivar failures: how many there were.
    """

    def __init__(self) -> None:
        self.failures = 0
        self._said: set[object] = set()

    def failed(self, error: str, kind: object, level: int) -> None:
        """Count a failure, and say it where it is of a new kind.

        :param error: in words, which may differ each time.
        :param kind: what is the same for failures that need not be told apart.
        :param level: of the log line.
        """
        self.failures += 1
        if kind in self._said:
            LOG.debug('Failed again (%d in a row): %s', self.failures, error)
            return
        self._said.add(kind)
        LOG.log(
            level,
            '%s; the agent tries again, and says no more of it until it'
            ' succeeds',
            error,
        )

    def succeeded(self) -> None:
        """End the outage, if there was one, and say so."""
        if self.failures:
            LOG.info('Well again, after %d failures', self.failures)
        self.failures = 0
        self._said.clear()
