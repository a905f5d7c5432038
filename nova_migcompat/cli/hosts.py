# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat hosts: which hosts publish documents, and what they say.

Judges nothing: who may move to whom is for other commands.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence

from nova_migcompat import census
from nova_migcompat.cli import base, cells, choices, cloud, digests, labels

COLUMNS = ('Host', 'UUID', 'Documents', 'Digests', 'Devices', 'Summary')

Field = tuple[str, str]


class Hosts(cloud.CloudLister):
    """List the hosts that publish documents, and what their devices are.

    One row for each host, which is a compute node's resource provider: its
    documents by number and digest (a table shows the beginnings, which every
    command takes), and a few words out of the fields of each. Devices: which
    documents stand at each place, an mdev parent or a PCI function, where the
    devices of a host differ. A PF has those of its VFs, of which the ones that
    are not like most stand at places of their own. A host that publishes
    nothing is not listed.
    """

    _epilog = """\
exit status:
  0  done
  1  no host is left by --document and --field
  2  Placement cannot be reached or refuses, or the command line is wrong

example:
  $ nova-migcompat hosts
  $ nova-migcompat hosts --document C53XG7HE -f value -c Host
  $ nova-migcompat hosts --field mdev_type=nvidia-35 \\
        --field driver_version=535.129.03 -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--document',
            metavar='DIGEST',
            type=digests.prefix,
            help='only hosts that have this document; the beginning of its '
            'digest is enough',
        )
        parser.add_argument(
            '--field',
            metavar='FIELD=VALUE',
            action='append',
            default=[],
            dest='fields',
            type=_field,
            help='only hosts that have a device with this value, as it is '
            'written in SELF; can be repeated, and one device must have all',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Read the fleet; none left by the filters makes the status 1."""
        found = census.read(self.placement(parsed_args), places=True)
        hosts = list(found.hosts.values())
        if parsed_args.document:
            known = {digest for host in hosts for digest in host.digests}
            digest = digests.find(parsed_args.document, known)
            hosts = [host for host in hosts if digest in host.digests]
        if parsed_args.fields:
            having = _having(found, parsed_args.fields)
            hosts = [host for host in hosts if host.digests & having]
        if not found.hosts:
            self.nothing(cloud.NO_DOCUMENTS)
        elif not hosts:
            self.nothing('no host has a device with all that')
        if not hosts and (parsed_args.document or parsed_args.fields):
            self.status = base.NO
        words = labels.tell_apart(found.documents)
        return COLUMNS, [_row(host, found, words) for host in hosts]


def _field(text: str) -> Field:
    """Take FIELD=VALUE from the command line."""
    name, equals, value = text.partition('=')
    if not equals:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not FIELD=VALUE, as in mdev_type=nvidia-35'
        )
    return choices.field_name(name), value


def _having(found: census.Census, wanted: Iterable[Field]) -> frozenset[str]:
    """Choose the documents that have all of some fields.

    :raises base.InputError: where no document has a field of such a name.
    """
    documents = found.documents.documents
    names = {name for d in documents.values() for name in d.self_object}
    for name, _ in wanted:
        if names and name not in names:
            raise base.InputError(
                f'no document has a field {name}; fields are: '
                f'{cells.printable(", ".join(sorted(names)))}'
            )
    return frozenset(
        digest
        for digest, document in documents.items()
        if all(document.self_object.get(n) == value for n, value in wanted)
    )


def _row(
    host: census.Host, found: census.Census, words: Mapping[str, str]
) -> Sequence[object]:
    ordered = sorted(host.digests, key=lambda d: labels.natural(words[d]))
    problems = found.documents.problems
    summary = [
        f'{words[d]}: {problems[d]}' if d in problems else words[d]
        for d in ordered
    ]
    places = _places(host)
    return (
        host.name,
        host.uuid,
        len(ordered),
        cells.Cell(ordered, '\n'.join(map(labels.short, ordered)), keep='\n'),
        cells.Cell(
            {place: ' '.join(sorted(d)) for place, d in places.items()},
            '\n'.join(
                f'{cells.printable(place)} '
                f'{" ".join(sorted(map(labels.short, d)))}'
                for place, d in places.items()
            )
            or '(all alike)',
            keep='\n',
        ),
        summary,
    )


def _places(host: census.Host) -> dict[str, frozenset[str]]:
    """Tell the documents by place, in libvirt's names."""
    places = {place.lower(): d for place, d in host.places.items()}
    for uuid, found in host.parents.items():
        name = host.parent_names[uuid].removeprefix(f'{host.name}_')
        places[name] = found
    return dict(sorted(places.items(), key=lambda p: labels.natural(p[0])))
