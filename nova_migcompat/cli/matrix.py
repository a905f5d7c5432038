# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat matrix: who of the fleet may move to whom.

Rows for programs, and a picture for people. Without Placement, documents of
files: what a vendor has before any host does.
"""

import argparse
import dataclasses
import datetime
import functools
import pathlib
from collections.abc import Sequence

from nova_migcompat import census, decision, traits
from nova_migcompat.cli import (
    base,
    cells,
    choices,
    cloud,
    documents,
    labels,
    pairs,
    progress,
)
from nova_migcompat.cli.heatmap import layout

COLUMNS = ('From', 'To', 'Compatible', 'Hosts', 'Reason')
DRAWN = ('Output', 'Rows', 'Hosts', 'Compatible', 'Dead Ends', 'Islands')

DOCUMENT, HOST, GROUP = 'document', 'host', 'group'
_SUFFIXES = ('.html', '.svg')
#: Characters of a reason in a table; other formats have all of it.
_MOST_REASON = 64
#: Of more pairs nobody makes use, and they take gigabytes.
_MOST_PAIRS = 250_000


@dataclasses.dataclass(frozen=True, slots=True)
class _Fleet:
    """What is compared.

    :param source: where it was read.
    :param holder: what has documents, ``host`` or ``file``.
    """

    parties: Sequence[pairs.Party]
    texts: traits.Texts
    source: str
    holder: str


class Matrix(cloud.CloudLister):
    """Tell who may move to whom: documents, hosts or groups of hosts.

    One row for each pair, a party and itself among them. Parties are the
    documents that hosts have, or hosts, or groups of hosts that have the same
    documents (--by). Hosts: how many hosts are behind the target. Compatible:
    yes; no; partly, where devices of some of the source's documents may move
    and others may not; unknown, where a text cannot be read. Reason: by which
    COMPATIBLE object, or why not (a table has the beginning of it). With FILE
    the documents of these are compared and Placement is not asked.

    With --output a picture is drawn instead, a heat map to look at, and one
    row says what came of it. Dead ends are parties from which some guest can
    move to no other host; islands are parties with no way to any other.
    """

    _epilog = """\
exit status:
  0  done
  2  Placement cannot be reached or refuses, a FILE is no document, the output
     cannot be written, or the command line is wrong

example:
  $ nova-migcompat matrix --output fleet.html
  $ nova-migcompat matrix --by group --equal-field mdev_type -f json
  $ nova-migcompat matrix releases/*.compat --output releases.svg
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'files',
            metavar='FILE',
            nargs='*',
            help='a document; - is standard input',
        )
        parser.add_argument(
            '--by',
            choices=(DOCUMENT, HOST, GROUP),
            default=DOCUMENT,
            help='what is compared (default: %(default)s)',
        )
        parser.add_argument(
            '--output',
            metavar='PATH',
            type=_output,
            help='draw a heat map into this file, which ends in .html (a page '
            'with the reasons and the texts) or .svg (the picture alone); it '
            'is whole, loads nothing and runs nothing',
        )
        choices.add_pair_arguments(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Compare everybody with everybody."""
        rules = choices.read_policy(parsed_args)
        if parsed_args.files:
            fleet = self._read_files(parsed_args)
        else:
            found = census.read(self.placement(parsed_args))
            fleet = _of_census(found, parsed_args.by)
        if not fleet.parties:
            self.nothing(cloud.NO_DOCUMENTS)
        _limit(len(fleet.parties), parsed_args.by, parsed_args.output)
        watch = functools.partial(
            progress.shown, unit='kinds of rows', stream=self.app.stderr
        )
        matrix = pairs.compare(fleet.parties, fleet.texts, rules, watch)
        if parsed_args.output:
            return DRAWN, [_draw(parsed_args, fleet, matrix, rules)]
        shown = [
            _party(party, parsed_args.by, fleet) for party in matrix.parties
        ]
        counts = [
            len(party.holders) if fleet.holder == HOST else None
            for party in matrix.parties
        ]
        return COLUMNS, (
            (
                shown[source],
                shown[target],
                pair.answer.value,
                counts[target],
                cells.Cell(pair.reason, cells.cut(pair.reason, _MOST_REASON)),
            )
            for source, row in enumerate(matrix.pairs)
            for target, pair in enumerate(row)
        )

    def _read_files(self, parsed_args: argparse.Namespace) -> _Fleet:
        """Read the documents of files.

        :raises base.InputError: where one is none.
        """
        if parsed_args.by != DOCUMENT:
            raise base.InputError(
                f'--by {parsed_args.by} is about the hosts that Placement '
                'knows: leave it out, or leave out FILE'
            )
        names: dict[str, list[str]] = {}
        found = {}
        read = documents.read_all(parsed_args.files, self.app.stdin)
        for name, document in zip(parsed_args.files, read, strict=True):
            found[document.digest] = document
            names.setdefault(document.digest, []).append(
                documents.shown_name(name)
            )
        parties = [
            pairs.Party(pairs.group_label(files), (digest,), tuple(files))
            for digest, files in names.items()
        ]
        count = len(parsed_args.files)
        source = f'Read from {count} {"file" if count == 1 else "files"}'
        return _Fleet(parties, traits.Texts(found, {}), source, 'file')


def _limit(count: int, by: str, output: pathlib.Path | None) -> None:
    """Refuse what is too much to compare, or nothing or too much to draw.

    :raises base.InputError:
    """
    if output and not count:
        raise base.InputError(
            f'there is nothing to draw: {cloud.NO_DOCUMENTS}'
        )
    if output and count > layout.MAX_PARTIES:
        raise base.InputError(
            f'{count} rows make no picture to look at, {layout.MAX_PARTIES} '
            'at most do: choose another --by, or rows (-f json)'
        )
    if count**2 > _MOST_PAIRS:
        raise base.InputError(
            f'{count:,} {by}s make {count**2:,} pairs, of which '
            f'{_MOST_PAIRS:,} at most are compared: choose another --by, or '
            'look at one with "nova-migcompat show"'
        )


def _output(text: str) -> pathlib.Path:
    """Take the name of the picture from the command line."""
    path = pathlib.Path(text)
    if path.suffix not in _SUFFIXES:
        raise argparse.ArgumentTypeError(
            f'{text!r} ends neither in .html nor in .svg'
        )
    return path


def _of_census(found: census.Census, by: str) -> _Fleet:
    """Make parties of what hosts have."""
    hosts = {host.name: host.digests for host in found.hosts.values()}
    if by == HOST:
        parties = pairs.by_host(hosts)
    elif by == GROUP:
        parties = pairs.by_group(hosts)
    else:
        holders: dict[str, list[str]] = {}
        for name, digests in hosts.items():
            for digest in digests:
                holders.setdefault(digest, []).append(name)
        parties = pairs.by_document(found.documents, holders)
    return _Fleet(parties, found.documents, 'Read from Placement', HOST)


def _party(party: pairs.Party, by: str, fleet: _Fleet) -> cells.Cell:
    """Show a party: exactly for programs, in words for people."""
    if by == HOST:
        return cells.Cell(party.label)
    if by == GROUP:
        return cells.Cell(list(party.holders), party.label)
    (digest,) = party.digests
    if fleet.holder == HOST:
        short = labels.short(digest)
        return cells.Cell(digest, f'{short} {party.label}')
    return cells.Cell(digest, party.label)


def _draw(
    parsed_args: argparse.Namespace,
    fleet: _Fleet,
    matrix: pairs.Matrix,
    rules: decision.Policy,
) -> Sequence[object]:
    """Write the picture; return the row that says what it shows.

    :raises base.InputError: where it cannot be written.
    """
    path: pathlib.Path = parsed_args.output
    text = _picture(fleet, matrix, rules, parsed_args.by, path.suffix)
    try:
        path.write_text(text, encoding='utf-8')
    except OSError as e:
        name = cells.printable(str(path))
        reason = e.strerror or e
        raise base.InputError(f'{name}: cannot be written: {reason}') from e
    yes = sum(
        pair.answer is pairs.Answer.YES for row in matrix.pairs for pair in row
    )
    return (
        str(path),
        len(matrix.parties),
        len(matrix.holders) if fleet.holder == HOST else None,
        yes,
        len(matrix.dead),
        len(matrix.islands),
    )


def _picture(
    fleet: _Fleet,
    matrix: pairs.Matrix,
    rules: decision.Policy,
    by: str,
    suffix: str,
) -> str:
    # Only here: who wants rows need not wait for jinja2.
    from nova_migcompat.cli.heatmap import caption, drawing, page

    now = datetime.datetime.now(datetime.UTC)
    source = f'{fleet.source}, {now:%Y-%m-%d %H:%M} UTC'
    words = caption.Caption(by, fleet.holder, _policy_words(rules), source)
    if suffix == '.svg':
        return drawing.picture(matrix, words)
    return page.page(matrix, words, fleet.texts)


def _policy_words(rules: decision.Policy) -> str:
    words = [
        f'direction {rules.direction}',
        f'unlisted fields {rules.unlisted_fields}',
    ]
    if rules.equal_fields:
        words.append(f'equal fields {", ".join(rules.equal_fields)}')
    return ', '.join(words)
