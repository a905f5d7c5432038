# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat check: may one device's guest move to the other, and why?

The decision is decision.py's, which is the scheduler filter's. Must know
nothing of Placement or of this host.
"""

import argparse
import logging

from nova_migcompat import descriptor
from nova_migcompat.cli import base, cells, choices, documents

LOG = logging.getLogger(__name__)

#: Where several targets are given; of one alone, the name is no column.
COLUMNS = (
    'Target',
    'Compatible',
    'Side',
    'Object',
    'Field',
    'Found',
    'Allowed',
    'Variables',
)


class Check(base.Lister):
    """Say whether a guest may move from one device to others, and why.

    SOURCE is the document of the device that the guest has, each TARGET that
    of a device that it would get.

    Compatible: one row with the COMPATIBLE object that matched, whose document
    it is in (Side), and its variables' values. Not compatible: for each
    COMPATIBLE object the fields where it and the device part: what the device
    has (Found), what the object allows (Allowed), and the variables that had
    a value by then. Fields that depend on variables are tried only where all
    others agree, up to the first that does not. A row without an object is
    about a field that must be equal: the target's value (Found), the source's
    (Allowed). Objects count from 1.

    Where several TARGETs are given, Target is the first column, and one that
    is no document does not hide the others.
    """

    _epilog = """\
exit status:
  0  compatible with every TARGET
  1  not compatible with at least one
  2  a file is no document, or the command line is wrong

example:
  $ nova-migcompat check old-host.compat new-host.compat
  $ nova-migcompat check --direction both --equal-field mdev_type -f json \\
        old-host.compat host-a.compat host-b.compat
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'source',
            metavar='SOURCE',
            help='the document of the source device; - is standard input',
        )
        parser.add_argument(
            'targets',
            metavar='TARGET',
            nargs='+',
            help='the document of a target device; - is standard input',
        )
        choices.add_pair_arguments(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Decide; a no makes the status 1, a bad file 2.

        :raises base.InputError: where there is nothing to decide.
        """
        rules = choices.read_policy(parsed_args)
        names = parsed_args.targets
        reader = documents.Reader(self.app.stdin)
        source, *targets = reader.read([parsed_args.source, *names])
        if source is None or not any(targets):
            raise base.InputError('\n'.join(reader.problems))
        rows: list[tuple[object, ...]] = []
        for name, target in zip(names, targets, strict=True):
            if target is not None:
                result = rules.match(source, target)
                if result.object is None:
                    self.status = base.NO
                shown = documents.shown_name(name)
                rows += ((shown, *row) for row in _rows(result))
        for problem in reader.problems:
            LOG.error('%s', problem)
            self.status = base.BAD_INPUT
        if len(names) == 1:
            return COLUMNS[1:], [row[1:] for row in rows]
        return COLUMNS, rows


def _rows(result: descriptor.MatchResult) -> list[tuple[object, ...]]:
    """Return the rows of one decision."""
    if result.object is None:
        return [
            _no(reason)
            for first in result.reasons
            for reason in (first, *first.also)
        ]
    variables = dict(result.variables or {})
    return [
        (True, result.side, result.object + 1, None, None, None, variables)
    ]


def _no(reason: descriptor.Reason) -> tuple[object, ...]:
    """Return the row of one reason against."""
    return (
        False,
        reason.side,
        None if reason.object is None else reason.object + 1,
        reason.field or None,
        _found(reason),
        _allowed(reason),
        dict(reason.variables),
    )


def _found(reason: descriptor.Reason) -> cells.Cell:
    if reason.found or not reason.field:
        return cells.Cell(reason.found or None)
    return cells.Cell(None, '(nothing)')


def _allowed(reason: descriptor.Reason) -> cells.Cell:
    if not reason.field:
        return cells.Cell(None, '(no COMPATIBLE object)')
    if reason.object is not None:
        unmentioned = None if reason.allowed else '(field not mentioned)'
        return cells.Cell(reason.allowed, unmentioned)
    if reason.allowed:
        return cells.Cell(reason.allowed, f'equal to {reason.allowed}')
    return cells.Cell(None, 'equal to (nothing)')
