# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat drain: could every guest of a host go elsewhere?

Asked before anything is moved. Each guest is decided as explain does it
(judging.py), guests of which nothing that matters differs together.
"""

import argparse
import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

from nova_migcompat import demand, reasons
from nova_migcompat.cli import (
    base,
    cells,
    choices,
    cloud,
    compute,
    guests,
    judging,
    offers,
    progress,
    states,
)

OF_HOST = ('Server', 'Name', 'Hosts', 'To', 'Why')
OF_ALL = ('Host', 'Guests', 'Stuck', 'Servers')

#: Why no host is in question.
_NOTHING = (
    'no other host that could take it is up and has free what its flavor asks '
    'for'
)
#: What besides is said of classes and traits.
_NOBODY = 'none that is enabled and has {} free has any {}'
#: Characters of a reason that a table shows; machines get all.
_MOST_WHY = 300


@dataclasses.dataclass(frozen=True, slots=True)
class Prospect:
    """Where a guest could go.

    :param server: what the guest is to Nova.
    :param hosts: the names of the hosts that could take it now, whichever of
        the devices that it may have it has; one of them where it is brief.
    :param why: why there is none, or that it depends on its device; None
        where it is brief.
    """

    server: compute.Server
    hosts: tuple[str, ...]
    why: str | None = None


class Drain(cloud.CloudLister):
    """Say whether the guests of a host could all move elsewhere, live.

    For every server on HOST that has a device by a resource class of mediated
    devices or a PCI alias: how many hosts could take it now, and which. Guests
    without devices may go anywhere, and are not listed. With --all it lists
    the hosts that cannot be emptied, with the servers that are stuck there.

    It is the decision of the scheduler's filter for each guest by itself: two
    guests may count on the same free device, and Nova's other filters are not
    asked. Where it is not known which function a server has (see explain), a
    host counts if it could take every one that the server may have. Nothing is
    changed.
    """

    _epilog = """\
exit status:
  0  every guest has at least one host to go to
  1  at least one guest has none
  2  Nova or Placement cannot be reached or refuses, or what was given is
     wrong

example:
  $ nova-migcompat drain compute1
  $ nova-migcompat drain compute1 --nova-conf /etc/nova/nova.conf -f json
  $ nova-migcompat drain --all
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            'host', metavar='HOST', nargs='?', help='the host to be emptied'
        )
        which.add_argument(
            '--all',
            action='store_true',
            help='look at every host; list those that cannot be emptied',
        )
        choices.add_arguments(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Judge the guests; where one is stuck the status is 1."""
        chosen = choices.read(parsed_args)
        client = self.placement(parsed_args)
        nova = compute.Compute(self.compute(parsed_args))
        nodes = nova.nodes()
        host = None if parsed_args.all else _service(nodes, parsed_args.host)
        servers = list(nova.servers(host))
        state = states.State(client, chosen, nodes)
        drainer = _Drainer(state, is_brief=parsed_args.all)
        drainer.reader.expect(servers)
        shown = progress.shown(servers, 'servers', self.app.stderr)
        prospects = list(drainer.prospects(shown))
        for caution in drainer.judge.cautions():
            base.LOG.warning('%s', caution)
        if any(not prospect.hosts for prospect in prospects):
            self.status = base.NO
        if parsed_args.all:
            rows = _by_host(prospects)
            if not rows:
                count = f'{len(prospects):,} guests with devices'
                self.nothing(f'every host can be emptied; {count} looked at')
            return OF_ALL, rows
        if not prospects:
            self.nothing(f'no guest with a device is on {host}')
        return OF_HOST, [_row(prospect) for prospect in prospects]


class _Drainer:
    """Finds out where the guests of one fleet could go.

    :param is_brief: whether it matters alone if a guest can go somewhere: the
        names and reasons of a large cloud's guests take gigabytes.
    :ivar reader: who finds out what they have.
    :ivar judge: who judges them.
    """

    def __init__(self, state: states.State, *, is_brief: bool) -> None:
        self._state = state
        self._is_brief = is_brief
        self.reader = guests.Reader(state)
        self._offering = offers.Reckoned(state)
        self.judge = judging.Judge(state, self._offering, is_brief=True)

    def prospects(
        self, servers: Iterable[compute.Server]
    ) -> Iterator[Prospect]:
        """Judge the servers that have devices, in their order."""
        for server in servers:
            try:
                guest = self.reader.of_server(server)
                if guest.wanted:
                    yield self._prospect(server, guest)
            # About this guest; the others are judged all the same.
            except (base.InputError, demand.UnreadableError) as e:
                yield Prospect(server, (), str(e))

    def _prospect(
        self, server: compute.Server, guest: guests.Guest
    ) -> Prospect:
        made = [self.judge.judge(wanted) for wanted in guest.wanted]
        each = [one.selected.passed - {guest.node} for one in made]
        always = frozenset.intersection(*each)
        if self._is_brief:
            some = list(itertools.islice(always, 1))
            return Prospect(server, tuple(self._state.names(some).values()))
        names = sorted(self._state.names(always).values())
        why = None if always else self._why(guest, made)
        if why is not None or any(passed != always for passed in each):
            why = '; '.join(filter(None, [*guest.notes, why]))
        return Prospect(server, tuple(names), why)

    def _why(
        self, guest: guests.Guest, made: Sequence[judging.Judgement]
    ) -> str | None:
        """Say why a guest can go nowhere; None where the notes say it."""
        for one in made:
            if not one.selected.passed - {guest.node}:
                return self._why_none(one, guest.node)
        return None

    def _why_none(self, one: judging.Judgement, node: str) -> str:
        """Say why no other host passes."""
        decided, problems = one.asked.decided, one.asked.problems
        if decided.rejected:
            return reasons.summary(decided, problems, explain=True)
        elsewhere = one.hosts - {node}
        compatible = self._offering.compatible(one.asked) - {node}
        said = []
        if not compatible:
            said.append(reasons.only_here(one.asked, node))
        # With unknown_target = pass hosts that publish nothing could, too.
        if not elsewhere & compatible and (compatible or not one.is_narrow):
            said.append(self._nothing_free(one, node))
        if elsewhere or not compatible:
            said.append(self._misfit(one, elsewhere))
            said.append(reasons.summary(decided, problems, explain=True))
        return '; '.join(filter(None, said))

    def _nothing_free(self, one: judging.Judgement, node: str) -> str:
        """Say that hosts with a compatible document have nothing to give."""
        missing = self._offering.missing(one.wanted, node)
        if not missing:
            return _NOTHING
        first = offers.first_of(one.wanted)
        return f'{_NOTHING}: {_NOBODY.format(first, " or ".join(missing))}'

    def _misfit(self, one: judging.Judgement, hosts: frozenset[str]) -> str:
        """Say of one host what it might give; nothing if none differs."""
        host = min(hosts & one.selected.misfits.keys(), default=None)
        if host is None:
            return ''
        misfit = self._state.with_names(host, one.selected.misfits[host])
        return f'{self._state.names([host])[host]}: {misfit}'


def _service(nodes: Sequence[compute.Node], name: str) -> str:
    """Find a host among those of Nova; return the name of its service.

    :param name: of its service, or of its hypervisor.
    :raises base.InputError: there is none.
    """
    for node in nodes:
        if name in (node.host, node.name):
            return node.host
    raise base.InputError(
        f'Nova has no compute host {cells.printable(name)!r}; openstack '
        'hypervisor list names them'
    )


def _row(prospect: Prospect) -> tuple[object, ...]:
    server, hosts = prospect.server, list(prospect.hosts)
    why = prospect.why
    return (
        server.uuid,
        server.name,
        len(hosts),
        cells.Cell(hosts, cells.some(hosts)),
        cells.Cell(why, why and cells.cut(why, _MOST_WHY)),
    )


def _by_host(prospects: Iterable[Prospect]) -> list[tuple[object, ...]]:
    """List the hosts that cannot be emptied, by their names."""
    everyone: dict[str, list[Prospect]] = collections.defaultdict(list)
    for prospect in prospects:
        everyone[str(prospect.server.host)].append(prospect)
    rows: list[tuple[object, ...]] = []
    for host, of_host in sorted(everyone.items()):
        stuck = [each.server.uuid for each in of_host if not each.hosts]
        if stuck:
            shown = cells.Cell(stuck, cells.some(stuck))
            rows.append((host, len(of_host), len(stuck), shown))
    return rows
