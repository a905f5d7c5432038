# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat parse: are these documents, and which?

Must know nothing of Placement or of this host.
"""

import argparse
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from nova_migcompat.cli import base, cells, documents

LOG = logging.getLogger(__name__)

COLUMNS = ('File', 'Digest', 'Objects', 'Warnings')

#: The format in which --canonical prints texts and no rows.
_TEXT_FORMAT = 'table'


class Parse(base.Lister):
    """Read documents and print what they are.

    For each document: its digest, which names it in Placement and in log
    lines, the number of its COMPATIBLE objects, and warnings about what is
    legal and probably not meant. What is wrong with a file is printed with
    its line, and the other files are read nevertheless.
    """

    _epilog = """\
exit status:
  0  every file is a document
  2  at least one is not, or the command line is wrong

example:
  $ nova-migcompat parse /sys/class/mdev_bus/*/migration_compatible
  $ nova-migcompat parse --canonical gpu.compat > gpu.canonical
  $ nova-migcompat parse -f value -c Digest - < gpu.compat
  C53XG7HETQCJHVDJHCOF7GSL4NFC2J53
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
            '--canonical',
            action='store_true',
            help='print the canonical form of each document: in the default '
            'format as text, which is a document again where there is one '
            'FILE, in every other format as one more column',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Read every file; those that are no documents make the status 2."""
        reader = documents.Reader(self.app.stdin)
        found = reader.read(parsed_args.files)
        for problem in reader.problems:
            LOG.error('%s', problem)
            self.status = base.BAD_INPUT
        read = [
            (documents.shown_name(name), document)
            for name, document in zip(parsed_args.files, found, strict=True)
            if document is not None
        ]
        rows = [
            (name, d.digest, len(d.compatible), list(d.warnings))
            for name, d in read
        ]
        if not parsed_args.canonical:
            return COLUMNS, rows
        return (*COLUMNS, 'Canonical'), [
            (*row, cells.Cell(document.canonical, keep='\n\t'))
            for row, (_, document) in zip(rows, read, strict=True)
        ]

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Any]],
    ) -> int:
        """Print rows, or with --canonical and no format asked for, texts."""
        as_text = parsed_args.formatter == _TEXT_FORMAT
        if not (parsed_args.canonical and as_text) or parsed_args.columns:
            return super().produce_output(parsed_args, column_names, data)
        out = self.app.stdout
        rows = list(data)
        for row in rows:
            text = row[-1].machine_readable()
            if len(rows) > 1:
                out.write(f'# {row[0]}\n')
            # A program gets the text that the digest is of; a person gets
            # nothing that acts on the terminal.
            out.write(cells.printable(text, '\n\t') if out.isatty() else text)
        return base.SUCCESS
