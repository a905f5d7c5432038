# SPDX-License-Identifier: Apache-2.0
"""Which hosts pass, and which of their allocation candidates are left.

Steps 5 and 6 of DESIGN.md, "The filter": what the guest asks is demand.py's,
and who has it targets.py's. Knows nothing of nova: what a host would give of
its PCI functions it is told by whoever asks, the filter or the operator's
command.
"""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from nova_migcompat import decision, demand, fleet, placement, targets

#: Of the reasons why none of a host's candidates is left, so many are said.
_REASONS = 3

#: An allocation candidate as Placement gives it, with its mappings.
Candidate = Mapping[str, Any]


class Host(Protocol):
    """A host in question; nova's HostState is one."""

    @property
    def uuid(self) -> str:
        """The compute node's UUID."""

    @property
    def allocation_candidates(self) -> Sequence[Candidate]:
        """What Placement offers there; none: nobody knows."""


class Functions(Protocol):
    """What the hosts would give of their PCI functions."""

    @property
    def groups(self) -> Collection[str]:
        """The groups of the guest's devices that are functions."""

    def of(
        self, host: Any, candidate: Candidate | None
    ) -> list[decision.Offer]:
        """Name the places that a host's functions come from.

        :param candidate: one of the host's; None where there is none.
        :returns: groups are those above, places are locations.
        """

    def locations(self, host: Any) -> Collection[str]:
        """Name all locations of a host that may be such places."""


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Which hosts pass, and why.

    :param passed: UUIDs of the compute nodes that pass.
    :param misfits: of the hosts whose devices differ and that do not pass:
        which device they might give, by UUID.
    :param decided: what was asked of them.
    :param problems: why documents in use cannot be read, by digest.
    :param left: of the hosts whose devices differ: the allocation candidates
        that give compatible ones, by UUID.
    """

    passed: frozenset[str]
    misfits: Mapping[str, str]
    decided: decision.Decision
    problems: Mapping[str, str]
    left: Mapping[str, Sequence[Candidate]] = dataclasses.field(
        default_factory=dict
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Findings:
    """What every host is to the requirements of a decision.

    :param names: those in question.
    :param surveys: by the requirements' source documents.
    """

    decided: decision.Decision
    names: fleet.Names
    surveys: Mapping[frozenset[str], targets.Survey]


class Selector:
    """Chooses the hosts of one decision.

    :param client: Placement, with the budget of this decision.
    :param policy: the operator's choices.
    """

    def __init__(
        self, client: placement.Reader, policy: decision.Policy
    ) -> None:
        self._client = client
        self._policy = policy

    def select(
        self, asked: demand.Demand, hosts: Sequence[Any], functions: Functions
    ) -> Selection:
        """Choose the hosts that can give compatible devices, and of their
        allocation candidates those that do.

        :param asked: what the guest's devices ask of a host.
        :param hosts: each a Host, of the kind that ``functions`` knows.
        :param functions: what the hosts would give of their PCI functions.
        :raises PlacementError: Placement does not say.
        """
        decided = asked.decided
        if decided.rejected:
            return Selection(frozenset(), {}, decided, asked.problems)
        uuids = frozenset(host.uuid for host in hosts)
        found = self._survey(asked, uuids)
        settled = [
            survey.settle(uuids, self._policy)
            for survey in found.surveys.values()
        ]
        passed = uuids.intersection(*(suiting for suiting, _ in settled))
        misfits: dict[str, str] = {}
        left: dict[str, Sequence[Candidate]] = {}
        if any(differing for _, differing in settled):
            possible = uuids.intersection(*(s | d for s, d in settled))
            undecided = possible - passed
            looked_at = [host for host in hosts if host.uuid in undecided]
            left, misfits = self._narrow(found, looked_at, functions)
            passed |= undecided - misfits.keys()
        return Selection(passed, misfits, decided, asked.problems, left)

    def _survey(
        self, asked: demand.Demand, hosts: frozenset[str]
    ) -> _Findings:
        names = asked.names
        # Otherwise what the others have is asked only of who has what matched.
        if (
            asked.decided.requirements
            and self._policy.unknown_target == 'pass'
        ):
            names = targets.in_question(self._client, names, hosts)
        surveys = {
            requirement.source: targets.survey(
                self._client,
                requirement,
                asked.having[requirement.source],
                names,
                self._policy,
                hosts,
            )
            for requirement in asked.decided.requirements
        }
        return _Findings(asked.decided, names, surveys)

    def _narrow(
        self, found: _Findings, hosts: Sequence[Host], functions: Functions
    ) -> tuple[dict[str, Sequence[Candidate]], dict[str, str]]:
        """Narrow the candidates of hosts whose devices differ.

        :returns: those that are left, and why, for the hosts that have none
            left; both by UUID.
        """
        places = self._look_closer(found, hosts, functions)
        narrowed: dict[str, Sequence[Candidate]] = {}
        misfits = {}
        for host in hosts:
            judge = _Judge(host, found, places, self._policy)
            fits, left, reasons = False, [], []
            candidates = host.allocation_candidates
            # A request without any is decided by the host alone.
            for candidate in candidates or (None,):
                reason = judge.misfit(candidate, functions)
                if reason is not None:
                    reasons.append(reason)
                    continue
                fits = True
                if candidate is not None:
                    left.append(candidate)
            if candidates:
                narrowed[host.uuid] = left
            if not fits:
                some = list(dict.fromkeys(reasons))[:_REASONS]
                misfits[host.uuid] = '; '.join(some)
        return narrowed, misfits

    def _look_closer(
        self, found: _Findings, hosts: Sequence[Host], functions: Functions
    ) -> dict[frozenset[str], targets.Places]:
        """Read what functions have where those of a host differ."""
        wanted = {
            requirement.source
            for group in functions.groups
            for requirement in found.decided.needs.get(group, ())
        }
        surveys = [found.surveys[source] for source in wanted]
        locations = {
            host.uuid: functions.locations(host)
            for host in hosts
            if any(survey.of_host(host.uuid) is None for survey in surveys)
        }
        places = targets.look_closer(
            self._client, surveys, found.names, locations
        )
        return dict(zip(wanted, places, strict=True))


@dataclasses.dataclass(frozen=True, slots=True)
class _Judge:
    """Judges the candidates of one host whose devices differ."""

    host: Host
    found: _Findings
    places: Mapping[frozenset[str], targets.Places]
    policy: decision.Policy

    def misfit(
        self, candidate: Candidate | None, functions: Functions
    ) -> str | None:
        """Tell why a candidate does not do; None where it does."""
        needs = self.found.decided.needs
        asked = [
            (offer, self._parent_suits)
            for offer in of_parents(candidate, needs)
        ] + [
            (offer, self._place_suits)
            for offer in functions.of(self.host, candidate)
        ]
        reasons = (
            decision.misfit(needs, offer, suits, self.policy.pci_claim)
            for offer, suits in asked
        )
        return next(filter(None, reasons), None)

    def _parent_suits(
        self, requirement: decision.Requirement, provider: str
    ) -> bool:
        survey = self.found.surveys[requirement.source]
        verdict = survey.of_parent(self.host.uuid, provider)
        return verdict.suits(self.policy)

    def _place_suits(
        self, requirement: decision.Requirement, place: str
    ) -> bool:
        source, host = requirement.source, self.host.uuid
        verdict = self.found.surveys[source].of_host(host)
        if verdict is None:
            places = self.places[source].get(host, {})
            verdict = places.get(place, decision.Verdict.UNKNOWN)
        return verdict.suits(self.policy)


def of_parents(
    candidate: Candidate | None, mdev_classes: Collection[str]
) -> list[decision.Offer]:
    """Name the providers that mdevs come from.

    Each resource class has an inventory of its own, so none has places in
    common with another.

    :param candidate: an allocation candidate as Placement gives it; None
        where there is none, and nobody knows.
    :returns: offers of a group each, the resource class; places are
        providers' UUIDs.
    """
    amounts: dict[str, dict[str, int]] = {}
    allocations = candidate['allocations'] if candidate else {}
    for provider, allocation in allocations.items():
        for name, amount in allocation['resources'].items():
            if name in mdev_classes:
                amounts.setdefault(name, {})[provider] = amount
    return [{name: places} for name, places in amounts.items()]
