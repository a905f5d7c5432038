# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat show: one document, who has it, and whom it may move to.

The decision is decision.py's, which is the scheduler filter's.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nova_migcompat import census, descriptor
from nova_migcompat.cli import base, cells, choices, cloud, digests, labels

COLUMNS = (
    'Digest',
    'Summary',
    'Hosts',
    'Host Names',
    'Target Hosts',
    'May Move To',
    'Source Hosts',
    'May Come From',
    'Not Known',
    'Text',
    'Problem',
)

_MOST_NAMES = 20


class Show(cloud.CloudShowOne):
    """Show a document: its text, who has it, who it may move to and from.

    May Move To, May Come From: the documents of the fleet that are compatible
    with it, itself among them, and how many hosts have each. Target Hosts and
    Source Hosts are how many hosts have any of these. Not Known: documents
    whose text cannot be read, so that nobody can tell.
    """

    _epilog = """\
exit status:
  0  done
  1  the document's text cannot be read (Problem says why)
  2  no host has such a document, or several begin so, or Placement cannot be
     reached or refuses, or the command line is wrong

example:
  $ nova-migcompat show C53XG7HE
  $ nova-migcompat show C53XG7HE --equal-field mdev_type -f json
  $ nova-migcompat show C53XG7HE -f value -c Text > gpu.compat
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'digest',
            metavar='DIGEST',
            type=digests.prefix,
            help="the document's digest, or the beginning of it",
        )
        choices.add_pair_arguments(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Sequence[str], Sequence[Any]]:
        """Read the fleet; a text that cannot be read makes the status 1."""
        policy = choices.read_policy(parsed_args)
        found = census.read(self.placement(parsed_args))
        known = {d for host in found.hosts.values() for d in host.digests}
        digest = digests.find(parsed_args.digest, known)
        names = [host.name for host in found.having(digest)]
        document = found.documents.documents.get(digest)
        words = labels.tell_apart(found.documents)
        moves: tuple[Any, ...] = (None, None, None, None)
        if document is None:
            self.status = base.NO
        else:
            match = policy.match
            moves = (
                *_moves(found, words, lambda other: match(document, other)),
                *_moves(found, words, lambda other: match(other, document)),
            )
        return COLUMNS, (
            digest,
            words[digest],
            len(names),
            cells.Cell(names, cells.some(names, _MOST_NAMES, '\n'), keep='\n'),
            *moves,
            sorted(found.documents.problems),
            document and cells.Cell(document.canonical, keep='\n\t'),
            found.documents.problems.get(digest),
        )


def _moves(
    found: census.Census,
    words: Mapping[str, str],
    may: Callable[[descriptor.Document], object],
) -> tuple[int, cells.Cell]:
    """Count the hosts behind the documents that may; show these."""
    hosts = {
        digest: {host.uuid for host in found.having(digest)}
        for digest, document in found.documents.documents.items()
        if may(document)
    }
    ordered = sorted(
        hosts, key=lambda d: (-len(hosts[d]), labels.natural(words[d]))
    )
    shown = '\n'.join(
        f'{labels.short(d)} {words[d]} ({len(hosts[d])})' for d in ordered
    )
    return len(set[str]().union(*hosts.values())), cells.Cell(
        {digest: len(hosts[digest]) for digest in ordered},
        shown or '(none)',
        keep='\n',
    )
