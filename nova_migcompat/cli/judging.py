# SPDX-License-Identifier: Apache-2.0
"""Which hosts could take a guest: the filter's own decision, asked offline.

What is asked of hosts is demand.py's, and which pass selection.py's, as for
nova-scheduler; here they ask a fleet that was read once. Knows no command.
"""

import collections
import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from nova_migcompat import (
    decision,
    demand,
    placement,
    reasons,
    selection,
)
from nova_migcompat.cli import guests, offers, states

#: More functions than anybody asks for.
_MANY = 1 << 16

Candidates = Sequence[selection.Candidate]

NO_CANDIDATE = (
    'Placement offers nothing there: no such device or too little memory is '
    'free, or nova-compute is disabled'
)
#: What is said where not all documents count; with how many do not.
_IGNORED = (
    'more documents are in use than [migcompat] max_documents: {:,} of them '
    'are not looked at, chosen at random; nova-scheduler chooses for itself'
)


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """A host in question, as selection.py wants it.

    :param offered: what each host could give.
    """

    uuid: str
    offered: offers.ByHost

    @property
    def allocation_candidates(self) -> Sequence[placement.Candidate]:
        """What the host could give."""
        return self.offered[self.uuid]


@dataclasses.dataclass(frozen=True, slots=True)
class Judgement:
    """Who could take a guest, if its devices are the ones in question.

    :param asked: what the devices ask of a host.
    :param selected: which of the hosts in question pass.
    :param hosts: the hosts in question, UUIDs.
    :param is_narrow: whether only hosts with compatible documents are in
        question.
    """

    wanted: guests.Wanted
    asked: demand.Demand
    selected: selection.Selection
    hosts: frozenset[str]
    is_narrow: bool

    def left(self, host: str) -> Candidates | None:
        """Return the candidates that give a host's guest compatible devices;
        None where any does.
        """
        return self.selected.left.get(host)


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host does not pass.

    :param words: in words; None where documents say all.
    :param in_the_way: the documents that a requirement does not accept.
    """

    words: str | None
    in_the_way: tuple[tuple[decision.Requirement, str], ...] = ()


class Judge:
    """Judges guests on one fleet.

    Guests of which nothing that matters differs share a decision.

    :param offering: who tells what hosts have free.
    :param is_brief: whether by which candidates hosts pass is forgotten: of
        many guests these would take gigabytes.
    """

    def __init__(
        self,
        state: states.State,
        offering: offers.Offers,
        *,
        is_brief: bool = False,
    ) -> None:
        self._state = state
        self._is_brief = is_brief
        self._policy = state.choices.policy
        self._made: dict[str, Judgement] = {}
        self._offering = offering
        self._ignored = 0

    def cautions(self) -> Iterator[str]:
        """Say what was left out of account so far."""
        caution = self._offering.caution()
        if caution is not None:
            yield caution
        if self._ignored:
            yield _IGNORED.format(self._ignored)

    def judge(self, wanted: guests.Wanted) -> Judgement:
        """Decide which hosts could take a guest now.

        :raises base.InputError: Placement refuses what the flavor asks for.
        :raises placement.PlacementError: Placement does not say, or the
            text of a document of the guest's devices does not verify.
        """
        key = repr(_key(wanted))
        if key not in self._made:
            made = self._judge(wanted)
            if self._is_brief:
                selected = dataclasses.replace(made.selected, left={})
                made = dataclasses.replace(made, selected=selected)
            self._made[key] = made
        return self._made[key]

    def _judge(self, wanted: guests.Wanted) -> Judgement:
        state = self._state
        asked = demand.of_devices(
            state.snapshot,
            state.library,
            self._policy,
            wanted.devices,
            state.choices.limits,
        )
        self._ignored = max(self._ignored, len(asked.ignored))
        offered, is_narrow = self._offering.of(wanted, asked)
        hosts = [
            Host(uuid, offered)
            for uuid in offered
            if state.why_unavailable(uuid) is None
        ]
        selector = selection.Selector(state.snapshot, self._policy)
        selected = selector.select(asked, hosts, _Functions(state, wanted))
        in_question = frozenset(host.uuid for host in hosts)
        return Judgement(wanted, asked, selected, in_question, is_narrow)

    def why_not(self, made: Judgement, host: str) -> Refusal | None:
        """Say why a host does not pass; None where it does.

        :param host: a compute node, in question or not.
        """
        selected = made.selected
        if host in selected.passed:
            return None
        unavailable = self._state.why_unavailable(host)
        if unavailable is not None:
            return Refusal(unavailable)
        if selected.decided.rejected:
            return Refusal(selected.decided.rejected)
        known = self._state.census.hosts.get(host)
        digests = known.digests if known else frozenset[str]()
        in_the_way = tuple(
            (requirement, digest)
            for requirement in selected.decided.requirements
            for digest in sorted(digests & requirement.incompatible.keys())
        )
        is_compatible = not any(
            digests.isdisjoint(requirement.compatible)
            for requirement in selected.decided.requirements
        )
        if host in made.hosts or (made.is_narrow and not is_compatible):
            words = _unread(digests, selected.problems)
            if host in selected.misfits:
                misfit = selected.misfits[host]
                words.insert(0, self._state.with_names(host, misfit))
            if not (words or in_the_way):
                words.append(reasons.NOTHING)
            return Refusal('; '.join(words) or None, in_the_way)
        if is_compatible or not in_the_way:
            return Refusal(NO_CANDIDATE)
        return Refusal(f'{NO_CANDIDATE}; it has no compatible device either')


def _unread(digests: frozenset[str], problems: Mapping[str, str]) -> list[str]:
    """Say which documents count as none, and why."""
    return [f'{d}: {problems[d]}' for d in sorted(digests & problems.keys())]


class _Functions:
    """What hosts would give of their PCI functions, as far as is known.

    With PCI in Placement a candidate says it. Without, Nova takes any function
    that the alias matches; which these are only Nova's database knows, so it
    may be any that the host publishes.
    """

    def __init__(self, state: states.State, wanted: guests.Wanted) -> None:
        self._state = state
        self._suffixes = wanted.functions
        self.groups: Collection[str] = wanted.functions.keys()

    def of(
        self, host: Host, candidate: Mapping[str, Any] | None
    ) -> list[decision.Offer]:
        """Name the places that functions come from."""
        free: dict[str, Mapping[str, int]] = {}
        named: list[decision.Offer] = []
        for group, suffixes in self._suffixes.items():
            mappings = candidate['mappings'] if candidate else {}
            # Each asks for one function, so one provider serves it.
            providers = [p for s in suffixes for p in mappings.get(s, ())]
            if providers:
                names = self._state.tree(host.uuid)
                counts = collections.Counter(
                    guests.pci_location(names.get(p, '')) or p
                    for p in providers
                )
                named.append({group: counts})
            else:
                free[group] = dict.fromkeys(self.locations(host), _MANY)
        return [*named, free] if free else named

    def locations(self, host: Host) -> Collection[str]:
        """Name the locations of a host's functions, as Nova's pools do.

        A VF's is its PF's. Where the VFs of a PF differ, the PF has several
        documents, and a VF with a location of its own some of these.
        """
        known = self._state.census.hosts.get(host.uuid)
        places = known.places if known else {}
        return [
            place
            for place, digests in places.items()
            if not any(digests < others for others in places.values())
        ]


def _key(wanted: guests.Wanted) -> list[object]:
    """Tell what of a guest matters for a decision."""
    devices = sorted(
        (d.group, sorted(d.digests), '' if d.digests else d.name)
        for d in wanted.devices
    )
    return [
        devices,
        sorted(map(repr, wanted.groups.items())),
        sorted(wanted.functions.items()),
        wanted.isolate,
    ]
