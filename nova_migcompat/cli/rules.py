# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat rules test: which documents would rules make of devices?

The rules and sysfs are what the operator names; nothing is written. Must know
nothing of Placement.
"""

import argparse
import logging
import pathlib
import platform
from collections.abc import Iterator, Sequence
from typing import TextIO

from nova_migcompat.agent import errors, hardware, reading
from nova_migcompat.agent.rules import (
    describing,
    looking,
    memory,
    rule,
    rulefile,
)
from nova_migcompat.cli import base, cells, documents

LOG = logging.getLogger(__name__)

COLUMNS = ('Device', 'Rule', 'Facts', 'Document', 'Error')


class Test(base.Lister):
    """Show what rules make of the devices of this host, or of a copy of sysfs.

    One row for each device and each mdev type that a rule applies to, in the
    order of the devices: the rule, the facts that its document needs, and the
    document, or why there is none. RULES are rules files, standard input (-),
    or folders of which all files *.yaml are read; they count in the order of
    their names, as the agent reads them. Who owns them, and who may write
    them, does not matter here, but it does to the agent. What vanished from
    sysfs, and the agent would remember, is not known here.
    """

    _epilog = """\
exit status:
  0  every device that a rule applies to has a document
  1  at least one has an error
  2  a rules file is wrong, or sysfs, or the command line

example:
  $ nova-migcompat rules test /etc/nova-migcompat/rules.d
  $ nova-migcompat rules test --disabled --sysfs copy-of-sys -f json - < x.yaml
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'rules',
            metavar='RULES',
            nargs='+',
            type=pathlib.Path,
            help='a rules file, or a folder of them; - is standard input',
        )
        parser.add_argument(
            '--sysfs',
            metavar='DIR',
            type=pathlib.Path,
            default=pathlib.Path('/sys'),
            help='where sysfs is, or a copy of it (default: %(default)s)',
        )
        parser.add_argument(
            '--kernel-release',
            metavar='RELEASE',
            default=platform.release(),
            help='what kernel_release is, for a copy of sysfs (default: that '
            'of this host)',
        )
        parser.add_argument(
            '--disabled',
            action='store_true',
            help='try rules that are switched off as well',
        )
        parser.add_argument(
            '--all',
            action='store_true',
            dest='everything',
            help='show devices that no rule applies to as well',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Apply the rules; a device in error makes the status 1."""
        rules = _read(parsed_args.rules, self.app.stdin)
        try:
            found = hardware.scan(parsed_args.sysfs)
        except errors.AgentError as e:
            raise base.InputError(str(e)) from e
        for problem in found.problems:
            LOG.error('%s', problem)
            self.status = base.NO
        look = looking.Look(
            parsed_args.sysfs, parsed_args.kernel_release, memory.Memory()
        )
        outcomes = describing.describe(
            found,
            [r for r in rules if r.enabled or parsed_args.disabled],
            look,
        )
        if any(outcome.problem for outcome in outcomes):
            self.status = base.NO
        rows = [
            _row(outcome)
            for outcome in outcomes
            if outcome.rule or parsed_args.everything
        ]
        if not rows:
            self.nothing('no rule applies to any device')
        return COLUMNS, rows


def _row(outcome: describing.Outcome) -> Sequence[object]:
    document, problem = outcome.document, outcome.problem
    shown = [cells.printable(f'{n}={v}') for n, v in outcome.facts.items()]
    return (
        str(outcome.subject.name),
        outcome.rule and outcome.rule.name,
        cells.Cell(dict(outcome.facts), '\n'.join(shown), keep='\n'),
        document and cells.Cell(document.canonical, keep='\n\t'),
        problem and f'{problem.path}:{problem.line}: {problem.reason}',
    )


def _read(
    names: Sequence[pathlib.Path], stdin: TextIO | None
) -> list[rule.Rule]:
    """Read the rules.

    :raises base.InputError: where one cannot be read, with all that is wrong.
    """
    rules: list[rule.Rule] = []
    problems: list[str] = []
    if [str(name) for name in names].count(documents.STDIN) > 1:
        raise base.InputError('standard input (-) can be read once')
    for path in sorted(_files(names), key=lambda path: path.name):
        try:
            rules += rulefile.read(*_bytes(path, stdin))
        except rulefile.RulesError as e:
            problems += [
                f'{cells.printable(p.path)}:{p.line}:{p.column}:'
                f' {errors.plain(p.reason)}'
                for p in e.problems
            ]
        except reading.UnreadableError as e:
            problems.append(f'{cells.printable(str(e.path))}: {e.reason}')
        except base.InputError as e:
            problems.append(f'{documents.shown_name(str(path))}: {e}')
    if problems:
        raise base.InputError('\n'.join(problems))
    return rules


def _bytes(path: pathlib.Path, stdin: TextIO | None) -> tuple[str, bytes]:
    """Read one file; return the name that messages have, and its bytes."""
    if str(path) != documents.STDIN:
        return str(path), reading.read_file(path.resolve())
    data = documents.read_stdin(stdin, reading.MAX_BYTES)
    if len(data) > reading.MAX_BYTES:
        raise base.InputError(f'holds more than {reading.MAX_BYTES:,} bytes')
    return documents.shown_name(documents.STDIN), data


def _files(names: Sequence[pathlib.Path]) -> Iterator[pathlib.Path]:
    """List the files, those of folders among them.

    :raises base.InputError: where a folder holds none.
    """
    for name in names:
        if not name.is_dir():
            yield name
            continue
        found = list(name.glob(f'[!.]*{rulefile.SUFFIX}'))
        if not found:
            raise base.InputError(
                f'{cells.printable(str(name))}: holds no file '
                f'*{rulefile.SUFFIX}, so there is no rule to test'
            )
        yield from found
