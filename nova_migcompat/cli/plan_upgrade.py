# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat plan-upgrade: what if hosts' driver published NEW?

The plan is upgrades'; here it is asked for and shown.
"""

import argparse
import fnmatch
import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from nova_migcompat import census, descriptor, traits, upgrades
from nova_migcompat.cli import (
    base,
    cells,
    choices,
    cloud,
    digests,
    documents,
    fleet_file,
    labels,
    plan_rows,
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
    could not leave their new host again are warned of.

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
        choices.add_pair_arguments(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Plan; a proof that no order exists makes the status 1."""
        policy = choices.read_policy(parsed_args)
        replacements = parsed_args.replacements
        news = documents.read_all(
            [new for _, new in replacements], self.app.stdin
        )
        found, texts = self._fleet(parsed_args)
        hosts = {n: found[n] for n in sorted(found, key=labels.natural)}
        olds = _olds([old for old, _ in replacements], hosts)
        known = {**texts.documents, **{d.digest: d for d in news}}
        try:
            asked = upgrades.Change(
                hosts,
                known,
                _pairs(olds, news),
                _chosen(parsed_args.hosts, hosts.keys()),
                policy,
            )
        except upgrades.ChangeError as e:
            raise base.InputError(cells.printable(str(e))) from e
        plan = upgrades.plan(asked)
        self.status = _STATUS[plan.exists]
        words = plan_rows.Words(traits.Texts(known, texts.problems))
        self.notes = list(plan_rows.notes(plan, texts, words))
        if parsed_args.pairs:
            pairs = upgrades.changed_pairs(asked)
            return plan_rows.PAIR_COLUMNS, plan_rows.pair_rows(pairs, words)
        return plan_rows.COLUMNS, plan_rows.step_rows(plan, words)

    def _fleet(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Mapping[str, frozenset[str]], traits.Texts]:
        """Read what hosts have."""
        if parsed_args.fleet is not None:
            found = fleet_file.read(parsed_args.fleet)
            return found.hosts, traits.Texts(found.documents, {})
        fleet = census.read(self.placement(parsed_args))
        hosts = {host.name: host.digests for host in fleet.hosts.values()}
        return hosts, fleet.documents


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
