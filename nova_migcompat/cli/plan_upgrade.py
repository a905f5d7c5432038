# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat plan-upgrade: what if hosts' driver published NEW?

The plan is upgrades'; here it is asked for and shown.
"""

import argparse
import fnmatch
import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from keystoneauth1 import exceptions

from nova_migcompat import (
    decision,
    descriptor,
    placement,
    traits,
    upgrades,
)
from nova_migcompat.agent import errors
from nova_migcompat.cli import (
    base,
    cells,
    choices,
    cloud,
    compute,
    digests,
    documents,
    fleet_file,
    guests,
    labels,
    occupants,
    plan_rows,
    progress,
    states,
)

Replacement = tuple[str, str]

#: By whether an order exists.
_STATUS: Mapping[bool | None, int] = {
    True: base.SUCCESS,
    False: base.NO,
    None: base.BAD_INPUT,
}


class PlanUpgrade(cloud.CloudLister):
    """Plan an upgrade after which hosts' driver publishes another document.

    The hosts that have the document OLD are upgraded one after the other:
    before its turn a host is emptied of its guests on devices of OLD, which
    migrate live to other hosts as these are at that moment, upgraded or not;
    then it has NEW in the place of OLD. The rows are an order of these hosts
    in which no guest is ever stuck, and for each step the documents, and how
    many hosts at least, to which its guests may go. Hosts of one step follow
    one another in the order of their names. If there is no such order, it is
    said why none can be, and the rows are one that goes on with guests stuck
    (Stuck, Why).

    Every host is taken to have a guest on each of its documents, and room for
    the others' guests; each is emptied at its turn, not before. Guests that
    could not leave their new host again are warned of. Where the Nova API can
    be read, the servers are named that are on a step's hosts now, on a device
    of that document (or on one that may be: see explain); otherwise it is said
    that they are not known.

    A fleet FILE is YAML or JSON, with documents that stand beside it:

      hosts: {compute1: [old.compat], compute2: [old.compat, nic.compat]}
    """

    _epilog = """\
exit status:
  0  there is an order in which no guest is ever stuck
  1  there is none
  2  a file is no document or no fleet, no host has OLD, Placement cannot be
     reached or refuses, the command line is wrong, or no order was found in
     the time that is allowed, and no proof that there is none

example:
  $ nova-migcompat plan-upgrade --replace C53XG7HE=driver-17.compat
  $ nova-migcompat plan-upgrade --replace old.compat=new.compat \\
        --hosts 'rack1-*,rack2-07' --pairs
  $ nova-migcompat plan-upgrade --fleet fleet.yaml -f json \\
        --replace gpu-16.compat=gpu-17.compat \\
        --replace nic-22.compat=nic-24.compat
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--replace',
            metavar='OLD=NEW',
            action='append',
            required=True,
            dest='replacements',
            type=_replacement,
            help='the document that is replaced, a file, its digest or the '
            'beginning of that, and the file of the document that takes its '
            'place, - for standard input; can be repeated',
        )
        parser.add_argument(
            '--hosts',
            metavar='NAME[,NAME]',
            action='append',
            help='only these hosts are upgraded, as far as they have OLD; '
            'names or patterns like rack1-*; can be repeated (default: all)',
        )
        parser.add_argument(
            '--fleet',
            metavar='FILE',
            help='read what hosts have from this file, and do not ask '
            'Placement',
        )
        parser.add_argument(
            '--pairs',
            action='store_true',
            help='list the pairs of documents that are lost and gained by the '
            'whole upgrade, in the place of the steps',
        )
        group = choices.add_pair_arguments(parser)
        choices.add_class_argument(group)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Plan; a proof that no order exists makes the status 1."""
        chosen = choices.read(parsed_args)
        news = documents.read_all(
            [new for _, new in parsed_args.replacements], self.app.stdin
        )
        state = None
        if parsed_args.fleet is not None:
            found = fleet_file.read(parsed_args.fleet)
            hosts, texts = found.hosts, traits.Texts(found.documents, {})
        else:
            state = states.State(self.placement(parsed_args), chosen)
            everyone = state.census.hosts.values()
            hosts = {host.name: host.digests for host in everyone}
            texts = state.census.documents
        known = {**texts.documents, **{d.digest: d for d in news}}
        texts = traits.Texts(known, texts.problems)
        asked = _change(parsed_args, hosts, texts, news, chosen.policy)
        plan = upgrades.plan(asked)
        self.status = _STATUS[plan.exists]
        words = plan_rows.Words(texts)
        notes = list(plan_rows.notes(plan, texts, words))
        if parsed_args.pairs:
            self.notes = notes
            pairs = upgrades.changed_pairs(asked)
            return plan_rows.PAIR_COLUMNS, plan_rows.pair_rows(pairs, words)
        servers, why = self._servers(parsed_args, state, asked.upgraded)
        self.notes = [*notes, *plan_rows.unknown_servers(servers, why)]
        return plan_rows.COLUMNS, plan_rows.step_rows(plan, words, servers)

    def _servers(
        self,
        parsed_args: argparse.Namespace,
        state: states.State | None,
        hosts: Collection[str],
    ) -> tuple[occupants.Occupants | None, str]:
        """Find the servers on some hosts, by the documents of their devices.

        :param state: None: hosts are no real ones.
        :returns: None where they are not known, and why.
        """
        if state is None:
            return None, ''
        try:
            nova = compute.Compute(self.compute(parsed_args))
            servers = [s for s in nova.servers() if s.node in hosts]
            reader = guests.Reader(state)
            reader.expect(servers)
            shown = progress.shown(servers, 'servers', self.app.stderr)
            return occupants.read(reader, shown), ''
        except (
            base.InputError,
            exceptions.ClientException,
            placement.PlacementError,
        ) as e:
            return None, errors.plain(e)


def _change(
    parsed_args: argparse.Namespace,
    found: Mapping[str, frozenset[str]],
    texts: traits.Texts,
    news: Sequence[descriptor.Document],
    policy: decision.Policy,
) -> upgrades.Change:
    """Say what is to be upgraded.

    :param found: the digests of each host's documents.
    :param texts: of all documents, the new ones among them.
    :raises base.InputError: where that is no upgrade.
    """
    hosts = {n: found[n] for n in sorted(found, key=labels.natural)}
    olds = _olds([old for old, _ in parsed_args.replacements], hosts)
    try:
        return upgrades.Change(
            hosts,
            texts.documents,
            _pairs(olds, news),
            _chosen(parsed_args.hosts, hosts.keys()),
            policy,
        )
    except upgrades.ChangeError as e:
        raise base.InputError(cells.printable(str(e))) from e


def _replacement(text: str) -> Replacement:
    """Take OLD=NEW from the command line."""
    old, equals, new = text.partition('=')
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(
            f'{text!r} is not OLD=NEW, as in C53XG7HE=driver-17.compat'
        )
    return old, new


def _olds(
    names: Iterable[str], hosts: Mapping[str, frozenset[str]]
) -> list[str]:
    """Find the digests that are to be replaced.

    :param names: files, digests, or the beginnings of digests.
    :raises base.InputError: where one is nothing of these.
    """
    in_use = frozenset[str]().union(*hosts.values())
    found = []
    for name in names:
        if pathlib.Path(name).exists():
            [document] = documents.read_all([name], None)
            if document.digest not in in_use:
                raise base.InputError(
                    f'{cells.printable(name)}: no host has this document, '
                    f'whose digest is {document.digest}: there is nothing to '
                    'replace'
                )
            found.append(document.digest)
            continue
        try:
            beginning = digests.prefix(name)
        except argparse.ArgumentTypeError as e:
            raise base.InputError(
                f'{cells.printable(name)}: is neither a file nor a digest, '
                'nor the beginning of one'
            ) from e
        found.append(digests.find(beginning, in_use))
    return found


def _pairs(
    olds: Iterable[str], news: Iterable[descriptor.Document]
) -> dict[str, str]:
    """Put old and new digests together.

    :raises base.InputError: where one old document would be replaced twice.
    """
    found: dict[str, str] = {}
    for old, new in zip(olds, news, strict=True):
        if found.setdefault(old, new.digest) != new.digest:
            raise base.InputError(
                f'{old} would be replaced by two documents: plan one after '
                'the other, each with the --hosts that get it'
            )
    return found


def _chosen(
    patterns: Sequence[str] | None, hosts: Collection[str]
) -> frozenset[str]:
    """Choose the hosts that are upgraded.

    :param patterns: names and patterns, with commas between; None: all.
    :raises base.InputError: where one fits no host.
    """
    if patterns is None:
        return frozenset(hosts)
    chosen: set[str] = set()
    for pattern in ','.join(patterns).split(','):
        name = pattern.strip()
        fitting = {name} if name in hosts else set(_fitting(name, hosts))
        if not fitting:
            raise base.InputError(
                f'--hosts: no host {cells.printable(name)!r} has documents; '
                f'hosts that do are {cells.some(list(hosts)) or "none"}'
            )
        chosen |= fitting
    return frozenset(chosen)


def _fitting(pattern: str, hosts: Iterable[str]) -> list[str]:
    return [host for host in hosts if fnmatch.fnmatchcase(host, pattern)]
