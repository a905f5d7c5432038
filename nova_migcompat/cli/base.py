# SPDX-License-Identifier: Apache-2.0
"""What every command of nova-migcompat shares: exit status, help, formats.

Knows no command, and nothing of the application around it: the commands run
in another cliff application as well.
"""

import argparse
import io
import logging
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from cliff import command, lister, show
from cliff.formatters import base as formatters
from cliff.formatters import commaseparated
from stevedore import extension

from nova_migcompat.cli import cells

LOG = logging.getLogger(__name__)

#: Exit status: done or yes; no; what was given cannot be used (DESIGN.md).
SUCCESS, NO, BAD_INPUT = 0, 1, 2

#: What our commands begin with in OpenStackClient.
_OPENSTACK = 'openstack migration compat'

_SORT_HELP = (
    'sort by this column; can be repeated, the first counts most; case does '
    'not matter, and an underscore is a space'
)

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]


class InputError(Exception):
    """What the operator gave cannot be used; the text says why and where."""


class Command(command.Command):
    """A command; its help keeps its lines, and its status says how it went.

    ``_epilog`` of a command holds its example, and is shown as it is written.

    :ivar status: the exit status, for ``take_action`` to set.
    """

    status = SUCCESS

    #: What OpenStackClient looks at; true, and it authenticates beforehand.
    auth_required = False

    def get_epilog(self) -> str:
        """Return the example.

        Not cliff's way, which names the distribution that a command comes
        from and reads the metadata of all installed ones for it: that takes
        longer than everything else here together.
        """
        return self._epilog or ''

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Build cliff's parser; description and example keep their lines."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        wrapping: Any = parser.formatter_class
        keeping: Any = argparse.RawDescriptionHelpFormatter
        both: Any = type('Formatter', (wrapping, keeping), {})
        parser.formatter_class = both
        if prog_name.startswith(_OPENSTACK):
            parser.epilog = self.get_epilog().replace(
                '$ nova-migcompat ', f'$ {_OPENSTACK} '
            )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command.

        :returns: the exit status.
        """
        if isinstance(self.app.stdout, io.TextIOWrapper):
            # A value from a document that the locale cannot write is no error.
            self.app.stdout.reconfigure(errors='backslashreplace')
        try:
            super().run(parsed_args)
        except InputError as e:
            LOG.error('%s', e)
            return BAD_INPUT
        except BrokenPipeError:
            raise
        # cliff's for a column that is none, Python's for a disk that is full.
        # The command openstack would end with 1, which is a no.
        except (OSError, ValueError) as e:
            LOG.debug('It failed', exc_info=True)
            LOG.error('%s', cells.printable(str(e)))
            return BAD_INPUT
        return self.status


class Lister(Command, lister.Lister):
    """A command that prints rows, in every format of cliff for rows.

    :ivar notes: what is said in the log once the rows are printed, each with
        its level; for ``take_action`` to set. The command openstack shows
        those from WARNING on.
    """

    notes: Sequence[tuple[int, str]] = ()

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Build cliff's parser; other than it says, columns must exist."""
        parser = super().get_parser(prog_name)
        for action in parser._actions:
            if action.dest == 'sort_columns':
                action.help = _SORT_HELP
        return parser

    def nothing(self, words: str) -> None:
        """Say in words what it means that there is no row."""
        self.notes = [(logging.WARNING, words)]

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        """Print the rows so that nothing in them acts on who reads them.

        :raises InputError: a column that is asked for does not exist.
        """
        parsed_args.sort_columns = _columns(
            parsed_args.sort_columns, column_names
        )
        parsed_args.columns = _columns(parsed_args.columns, column_names)
        kind = cells.kind(parsed_args.formatter, parsed_args.quote_mode)
        rows = [[kind.of(value) for value in row] for row in data]
        status: int = super().produce_output(parsed_args, column_names, rows)
        if self.notes:
            self.app.stdout.flush()
        for level, note in self.notes:
            LOG.log(level, '%s', cells.printable(note))
        return status


class _OneRow(commaseparated.CSVLister, formatters.SingleFormatter):
    """One thing as csv, which cliff has for rows alone: a header and a row."""

    def emit_one(
        self,
        column_names: Sequence[str],
        data: Sequence[Any],
        stdout: TextIO,
        parsed_args: argparse.Namespace,
    ) -> None:
        """Print it."""
        self.emit_list(column_names, [data], stdout, parsed_args)


class ShowOne(Command, show.ShowOne):
    """A command that prints one thing, in every format of cliff for that and
    in csv.
    """

    def _load_formatter_plugins(self) -> Any:
        found = super()._load_formatter_plugins()
        one_row = extension.Extension('csv', None, _OneRow, _OneRow())
        found.extensions.append(one_row)
        return found

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Sequence[Any],
    ) -> int:
        """Print it so that nothing in it acts on who reads it.

        :raises InputError: a column that is asked for does not exist.
        """
        parsed_args.columns = _columns(parsed_args.columns, column_names)
        kind = cells.kind(parsed_args.formatter, parsed_args.quote_mode)
        shown = [kind.of(value) for value in data]
        status: int = super().produce_output(parsed_args, column_names, shown)
        return status


def _columns(asked: Iterable[str], names: Iterable[str]) -> list[str]:
    """Name columns as they are called, where cliff leaves out what it does not
    know (and cliff 4.0 does not know another case).

    :raises InputError: one does not exist.
    """
    known = {_plain(name): name for name in names}
    for column in asked:
        if _plain(column) not in known:
            raise InputError(
                f'no column {cells.printable(column)!r}; there are: '
                f'{", ".join(names)}'
            )
    return [known[_plain(column)] for column in asked]


def _plain(column: str) -> str:
    """Let case and blanks of a column's name not matter."""
    return column.lower().strip().replace(' ', '_')
