# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat decode: what do these names of traits say?

Must know nothing of how Placement is reached.
"""

import argparse
from collections.abc import Sequence

from nova_migcompat import traits
from nova_migcompat.cli import base, cells, documents

COLUMNS = (
    'Trait',
    'Kind',
    'Digest',
    'Location',
    'Field',
    'Part',
    'Text',
    'Note',
)

#: Bytes that are read of standard input: what a fleet of 2,000 large documents
#: has.
MAX_BYTES = 64 << 20

FOREIGN = 'not ours'
UNKNOWN = 'ours, of a form that this version does not know'
CUT = 'perhaps cut: then its last 16 characters are a hash'


class Decode(base.Lister):
    """Say what names of traits in Placement mean.

    One row for each name, in the order given. Kind and digest: what the name
    says about which document. Location: the device's, as libvirt names it, in
    capitals. Field: name and value of a field of SELF; the name of a trait
    has no small letters and one sign for all others, so which of them was
    meant, and where the field's name ends, cannot be told. Part: which part
    of a document's text it is, of how many. Text: the document, beside its
    first part, where all of its parts are given. Asks nothing of Placement.
    """

    _epilog = """\
exit status:
  0  every name is ours
  1  at least one is not ours, or a text cannot be read
  2  there is no name, or the command line is wrong

example:
  $ nova-migcompat decode CUSTOM_MIGCOMPAT_D_C53XG7HETQCJHVDJHCOF7GSL4NFC2J53
  $ openstack resource provider trait list -f value $PROVIDER \\
        | nova-migcompat decode -f json -
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'traits',
            metavar='TRAIT',
            nargs='+',
            help="a trait's name; - is standard input with one in each line",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Read the names; one that says nothing makes the status 1."""
        names = self._names(parsed_args.traits)
        read = [traits.read(name) for name in names]
        texts = traits.read_texts(
            names,
            {one.digest for one in read if one and one.digest and one.part},
        )
        rows = []
        for name, one in zip(names, read, strict=True):
            note = _note(name, one, texts)
            if note not in (None, CUT, traits.MISSING):
                self.status = base.NO
            rows.append(_row(name, one, texts, note))
        return COLUMNS, rows

    def _names(self, given: Sequence[str]) -> list[str]:
        """Take the names, those on standard input where - stands.

        :raises base.InputError: where there is none.
        """
        if given.count(documents.STDIN) > 1:
            raise base.InputError('standard input (-) can be read once')
        names: list[str] = []
        for name in given:
            if name == documents.STDIN:
                names += self._lines()
            else:
                names.append(name)
        names = [name.strip() for name in names if name.strip()]
        if not names:
            raise base.InputError('no name is given')
        return names

    def _lines(self) -> list[str]:
        try:
            data = documents.read_stdin(self.app.stdin, MAX_BYTES)
        except base.InputError as e:
            raise base.InputError(f'<stdin>: {e}') from e
        if len(data) > MAX_BYTES:
            raise base.InputError(
                f'<stdin>: holds more than {MAX_BYTES:,} bytes'
            )
        return data.decode(errors='backslashreplace').splitlines()


def _note(
    name: str, one: traits.Said | None, texts: traits.Texts
) -> str | None:
    if one is None:
        return FOREIGN
    if one.kind is None:
        return UNKNOWN
    if one.field and len(name) == traits.MAX_NAME:
        return CUT
    return texts.problems.get(one.digest or '') if one.part else None


def _row(
    name: str,
    one: traits.Said | None,
    texts: traits.Texts,
    note: str | None,
) -> tuple[object, ...]:
    if one is None:
        return name, None, None, None, None, None, None, note
    document = texts.documents.get(one.digest or '') if one.part == 1 else None
    return (
        name,
        one.kind,
        one.digest,
        one.location,
        one.field,
        f'{one.part} of {one.parts}' if one.part else None,
        document and cells.Cell(document.canonical, keep='\n\t'),
        note,
    )
