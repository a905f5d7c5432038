# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat expand: which devices does this document accept?

Must know nothing of Placement or of this host.
"""

import argparse
import logging
from collections.abc import Mapping

from nova_migcompat import descriptor
from nova_migcompat.cli import base, cells, documents

LOG = logging.getLogger(__name__)

#: Where several files are given; of one alone, the name is no column.
COLUMNS = ('File', 'Object', 'Fields', 'Rules')

_DEFAULT_LIMIT = 100
_MAX_LIMIT = 1_000_000


class Expand(base.Lister):
    """List the devices that documents accept.

    One row for each device that a COMPATIBLE object of a document contains,
    in the order in which they are tried. Object: the first object that
    contains it, counted from 1. Fields: the values that it has; a field that
    is not named here or under Rules must be absent or empty. Rules: values
    that are no list, open ranges, versions and flags, and what is computed
    from them, as a document has them. Where several FILEs are given, File is
    the first column, and a file that is no document does not hide the others.

    How many devices there are besides is said on standard error: just so
    many, or "up to" so many where counting them would take too long.
    """

    _epilog = """\
exit status:
  0  every file is a document
  2  at least one is not, or the command line is wrong

example:
  $ nova-migcompat expand gpu.compat
  $ nova-migcompat expand --limit 1000 -f json old.compat new.compat
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'files',
            metavar='FILE',
            nargs='+',
            help='a document; - is standard input',
        )
        parser.add_argument(
            '--limit',
            metavar='N',
            type=_limit,
            default=_DEFAULT_LIMIT,
            help='the most rows for each FILE (default: %(default)s)',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Read the files and list what they accept.

        :raises base.InputError: where none of them is a document.
        """
        names = parsed_args.files
        reader = documents.Reader(self.app.stdin)
        found = reader.read(names)
        if not any(found):
            raise base.InputError('\n'.join(reader.problems))
        for problem in reader.problems:
            LOG.error('%s', problem)
            self.status = base.BAD_INPUT
        rows: list[tuple[object, ...]] = []
        notes = []
        for name, document in zip(names, found, strict=True):
            if document is not None:
                shown = documents.shown_name(name)
                expanded = descriptor.expand(document, parsed_args.limit)
                rows += ((shown, *_row(row)) for row in expanded.rows)
                if rest := _rest(document, expanded):
                    rest = f'{shown}: {rest}' if len(names) > 1 else rest
                    notes.append((logging.WARNING, rest))
        self.notes = notes
        if len(names) == 1:
            return COLUMNS[1:], [row[1:] for row in rows]
        return COLUMNS, rows


def _limit(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= _MAX_LIMIT:
        raise argparse.ArgumentTypeError(
            f'{text!r} is no number from 1 to {_MAX_LIMIT:,}'
        )
    return number


def _rest(document: descriptor.Document, expanded: descriptor.Expanded) -> str:
    if expanded.rows or expanded.more:
        return expanded.rest
    if document.compatible:
        return 'no device at all: no COMPATIBLE object can ever match'
    return 'no device at all: the document has no COMPATIBLE object'


def _row(row: descriptor.Row) -> tuple[object, ...]:
    return row.object + 1, _lines(row.fields), _lines(row.rules)


def _lines(values: Mapping[str, str]) -> cells.Cell:
    """Return a cell whose table has a line for each field."""
    shown = [cells.printable(f'{name}={v}') for name, v in values.items()]
    return cells.Cell(dict(values), '\n'.join(shown), keep='\n')
