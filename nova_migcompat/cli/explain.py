# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat explain: which hosts a guest could move to, and why not.

The decision is the scheduler filter's (demand.py, selection.py); how it is
asked of a whole fleet is judging.py's.
"""

import argparse
import dataclasses
from collections.abc import Iterator, Sequence

from nova_migcompat import reasons
from nova_migcompat.agent import errors
from nova_migcompat.cli import (
    base,
    cells,
    choices,
    cloud,
    compute,
    guests,
    judging,
    offers,
    showing,
    states,
)

COLUMNS = (
    'Host',
    'Passes',
    'Why',
    'Source',
    'Document',
    'Object',
    'Variables',
    'Device',
)

#: Characters of what is said of a guest besides the rows.
_MOST_SUMMARY = 2000


class Explain(cloud.CloudLister):
    """Say for every host whether a guest could move to it live, and why not.

    This is the decision of the scheduler's filter, made by its own code, on
    what stands in Placement at this moment. With --server the Nova API says
    where the server is and what its flavor asks for, and Placement which
    device it has and what the hosts have free. Without the Nova API, --from
    judges the devices of a host as if a guest had each of them. Other filters
    of Nova (cells, NUMA, server groups, ...) are not asked.

    A host that passes has a row for each of its devices' documents that the
    guest may move to: by which COMPATIBLE object (they count from 1), with
    which values of its variables, and on which devices; none named: on any.
    A host that does not has a row for each document that stands in the way.
    Source is the document of the guest's device. A table shows the beginnings
    of digests, which every command takes.

    Where PCI devices are not in Placement, which function a server has, and
    which one Nova would take on another host, only Nova's database knows: all
    documents that the server's could have are judged, and on other hosts all
    functions that have a document count as those that Nova may take. Where
    those of a host that passes differ, Why says so.
    """

    _epilog = """\
exit status:
  0  at least one host passes; with --host: it does. With several possible
     devices: for each of them
  1  none does
  2  Nova or Placement cannot be reached or refuses, or what was given is
     wrong

example:
  $ nova-migcompat explain --server 6e2f2f4f-8f2e-4a44-9d6b-5d0d7a1e0c11
  $ nova-migcompat explain --server 6e2f2f4f-8f2e-4a44-9d6b-5d0d7a1e0c11 \\
        --host compute8 --nova-conf /etc/nova/nova.conf
  $ nova-migcompat explain --from compute1 --equal-field mdev_type
  $ nova-migcompat explain --from compute4 --device 0000:84:00.2 -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            '--server',
            metavar='UUID',
            help='the server that is to move; needs the Nova API',
        )
        which.add_argument(
            '--from',
            metavar='HOST',
            dest='source',
            help='a host whose devices are judged, without the Nova API',
        )
        parser.add_argument(
            '--device',
            metavar='ADDRESS',
            type=guests.pci_address,
            help='with --from: the PCI address of the only device to judge',
        )
        parser.add_argument(
            '--host',
            metavar='DEST',
            help='the only host to ask about',
        )
        choices.add_arguments(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Judge every host; where none passes the status is 1."""
        if parsed_args.device and not parsed_args.source:
            raise base.InputError('--device goes with --from, not --server')
        chosen = choices.read(parsed_args)
        client = self.placement(parsed_args)
        nodes: list[compute.Node] = []
        server = None
        if parsed_args.server is not None:
            nova = compute.Compute(self.compute(parsed_args))
            server = nova.server(parsed_args.server)
            nodes = nova.nodes()
        state = states.State(client, chosen, nodes)
        if server is not None:
            found = [guests.Reader(state).of_server(server)]
        else:
            found = guests.Reader(state).of_host(
                state.node(parsed_args.source), parsed_args.device
            )
        only = None
        if parsed_args.host is not None:
            only = state.node(parsed_args.host)
        explanation = _Explanation(state, only)
        rows = [row for guest in found for row in explanation.rows(guest)]
        for caution in explanation.judge.cautions():
            base.LOG.warning('%s', caution)
        if not explanation.passes:
            self.status = base.NO
        return COLUMNS, rows


class _Explanation:
    """Says of guests on one fleet who could take them.

    :ivar judge: who judges them.
    :ivar passes: whether all guests so far have a host to go to, whatever of
        their possible devices they have.
    """

    def __init__(self, state: states.State, only: str | None) -> None:
        self._state = state
        self._only = only
        self.judge = judging.Judge(state, offers.Asked(state, only))
        self._shower = showing.Shower(state)
        self.passes = True

    def rows(self, guest: guests.Guest) -> Iterator[Sequence[object]]:
        """Judge a guest; say in the log what is not known, and how many pass.

        :raises base.InputError: it has no devices, or is on that host.
        """
        if not guest.wanted:
            raise base.InputError(
                f'{guest.name} has no device: its flavor asks for no mediated '
                'device ([migcompat] mdev_resource_classes) and no PCI alias; '
                'it may go anywhere'
            )
        if guest.node == self._only:
            raise base.InputError(f'{guest.name} is on that host already')
        for note in guest.notes:
            base.LOG.warning('%s: %s', guest.name, errors.plain(note))
        always: set[str] | None = None
        for wanted in guest.wanted:
            made = self.judge.judge(wanted)
            passed = set(made.selected.passed - {guest.node})
            always = passed if always is None else always & passed
            base.LOG.warning('%s', self._summary(guest, made))
            yield from self._of(guest, made)
        self.passes &= bool(always)

    def _of(
        self, guest: guests.Guest, made: judging.Judgement
    ) -> Iterator[Sequence[object]]:
        nodes = {self._only} if self._only else self._nodes(made)
        names = self._state.names([n for n in nodes if n != guest.node])
        for node, name in sorted(names.items(), key=lambda item: item[1]):
            refusal = self.judge.why_not(made, node)
            if refusal is None:
                shown = self._shower.passing(made, node)
            else:
                shown = self._shower.failing(made, node, refusal)
            yield from ((name, refusal is None, *row) for row in shown)

    def _nodes(self, made: judging.Judgement) -> set[str]:
        """Choose the hosts that have anything to do with such devices.

        Where Placement does not know the devices, any host offers nothing
        else: those that publish nothing are of interest where they pass.
        """
        known = self._state.census.hosts.keys()
        asked = made.wanted.is_in_placement
        return {*known, *(made.hosts if asked else made.selected.passed)}

    def _summary(self, guest: guests.Guest, made: judging.Judgement) -> str:
        """Say what the filter's INFO line says."""
        hosts = sorted(made.hosts - {guest.node})
        selected = dataclasses.replace(
            made.selected,
            passed=made.selected.passed - {guest.node},
            misfits={
                node: why
                for node, why in made.selected.misfits.items()
                if node != guest.node
            },
        )
        failed = [node for node in hosts if node not in selected.passed]
        known = reasons.of_hosts(failed, selected, self._state.snapshot)
        counts = reasons.outcome(hosts, selected, known)
        why = reasons.summary(
            selected.decided, selected.problems, explain=not selected.passed
        )
        only = ''
        if not selected.passed:
            only = reasons.only_here(made.asked, guest.node)
        said = '; '.join(filter(None, [counts, only, why]))
        return f'{guest.name}: {cells.cut(said, _MOST_SUMMARY)}'
