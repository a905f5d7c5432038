# SPDX-License-Identifier: Apache-2.0
"""The source ``rules``: documents made by rules that an operator wrote.

Knows the folder of rules, and what becomes of a file that is wrong. What a
rule can say is for the package rules to know.
"""

import functools
import pathlib
import platform
from collections.abc import Iterable, Iterator

from oslo_config import cfg

from nova_migcompat.agent import errors, model, reading
from nova_migcompat.agent.rules import (
    describing,
    looking,
    memory,
    rule,
    rulefile,
)
from nova_migcompat.agent.sources import base

#: Of all files, so that a folder of other files does not flood the log.
MAX_PROBLEMS = 10


class RulesSource(base.Source):
    """Applies the rules of [agent] rules_folder.

    While a file is wrong the rules are those of when all were right: were only
    that file left out, the next rule that matches would make another document
    of the same device. Where they were not right since the agent started, it
    is not known what they say, and the agent leaves in Placement what stands
    there. A folder that has vanished is wrong in the same way.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__(conf)
        self._folder = base.OperatorFolder()
        self._rules: list[rule.Rule] | None = None
        self._memory: memory.Memory | None = None

    def findings(
        self, hardware: model.Hardware
    ) -> Iterator[model.Finding | model.Problem]:
        """Say what the rules make of this host's devices.

        :param hardware: the devices.
        :raises errors.AgentError: where rules are wrong and never were right.
        """
        conf = self.conf.agent
        rules, problems = self._read(pathlib.Path(conf.rules_folder))
        if not problems:
            self._rules = rules
        elif self._rules is None:
            raise errors.AgentError(
                'The rules cannot be read, so nothing was changed: '
                + '; '.join(map(str, problems))
            )
        yield from problems
        if self._memory is None:
            self._memory = memory.Memory(pathlib.Path(conf.state_path))
        look = looking.Look(
            pathlib.Path(conf.sysfs_root), platform.release(), self._memory
        )
        enabled = [one for one in self._rules or () if one.enabled]
        for outcome in describing.describe(hardware, enabled, look):
            if outcome.rule is not None:
                yield model.Finding(
                    outcome.subject.name,
                    outcome.rule.path,
                    outcome.document,
                    outcome.problem,
                )

    def keep(self) -> None:
        """Remember tables over a restart; a failure is a warning."""
        if self._memory is not None:
            self._memory.save()

    def _read(
        self, folder: pathlib.Path
    ) -> tuple[list[rule.Rule], list[model.Problem]]:
        try:
            names = self._folder.names(folder)
        except reading.UnreadableError as e:
            return [], [_unreadable(e)]
        rules, problems = read_files(
            folder / name
            for name in names
            if name.endswith(rulefile.SUFFIX) and not name.startswith('.')
        )
        more = len(problems) - MAX_PROBLEMS
        if more > 0:
            reason = f'has {more:,} more problems in its files'
            problems[MAX_PROBLEMS:] = [
                model.Problem(None, str(folder), reason)
            ]
        return rules, problems


def read_files(
    paths: Iterable[pathlib.Path],
) -> tuple[list[rule.Rule], list[model.Problem]]:
    """Read files of rules.

    :param paths: the files.
    :returns: the rules in their order, and what is wrong with the files.
    """
    rules: list[rule.Rule] = []
    problems: list[model.Problem] = []
    for path in paths:
        try:
            rules += _read(str(path), reading.read_trusted(path))
        except rulefile.RulesError as e:
            problems += e.problems
        except reading.UnreadableError as e:
            problems.append(_unreadable(e))
    return rules, problems


def _unreadable(error: reading.UnreadableError) -> model.Problem:
    return model.Problem(None, str(error.path), error.reason)


# What the same bytes say does not change.
_read = functools.lru_cache(maxsize=256)(rulefile.read)
