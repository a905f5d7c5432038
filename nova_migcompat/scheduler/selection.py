# SPDX-License-Identifier: Apache-2.0
"""Which hosts pass, and which of their allocation candidates are left.

Steps 5 and 6 of DESIGN.md, "The filter": what the guest asks is demand.py's,
who has it targets.py's, and what Nova would give offers.py knows.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from nova_migcompat import decision, demand, fleet, targets
from nova_migcompat.placement import PlacementClient
from nova_migcompat.scheduler import moves, offers

#: Of the reasons why none of a host's candidates is left, so many are said.
_REASONS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Which hosts pass, and why.

    :param passed: UUIDs of the compute nodes that pass.
    :param misfits: of the hosts whose devices differ and that do not pass:
        which device they might give, by UUID.
    :param decided: what was asked of them.
    :param problems: why documents in use cannot be read, by digest.
    """

    passed: frozenset[str]
    misfits: Mapping[str, str]
    decided: decision.Decision
    problems: Mapping[str, str]


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
    """Chooses the hosts of one scheduling.

    :param client: Placement, with the budget of this scheduling.
    :param policy: the operator's choices.
    """

    def __init__(
        self, client: PlacementClient, policy: decision.Policy
    ) -> None:
        self._client = client
        self._policy = policy

    def select(
        self, asked: demand.Demand, hosts: Sequence[Any], spec_obj: Any
    ) -> Selection:
        """Choose the hosts that can give compatible devices, and narrow
        their allocation candidates to those that do.

        :param asked: what the guest's devices ask of a host.
        :param hosts: nova HostState objects.
        :param spec_obj: a nova RequestSpec.
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
        if any(differing for _, differing in settled):
            possible = uuids.intersection(*(s | d for s, d in settled))
            undecided = possible - passed
            looked_at = [host for host in hosts if host.uuid in undecided]
            misfits = self._narrow(found, looked_at, spec_obj)
            passed |= undecided - misfits.keys()
        return Selection(passed, misfits, decided, asked.problems)

    def _survey(
        self, asked: demand.Demand, hosts: frozenset[str]
    ) -> _Findings:
        names = asked.names
        if asked.decided.requirements:
            names = targets.in_question(self._client, names, hosts)
        surveys = {
            requirement.source: targets.survey(
                self._client,
                requirement,
                asked.having[requirement.source],
                names,
                self._policy,
            )
            for requirement in asked.decided.requirements
        }
        return _Findings(asked.decided, names, surveys)

    def _narrow(
        self, found: _Findings, hosts: Sequence[Any], spec_obj: Any
    ) -> dict[str, str]:
        """Narrow the candidates of hosts whose devices differ.

        :returns: why, for the hosts that have none left, by UUID.
        """
        pools = offers.Pools(moves.alias_requests(spec_obj.pci_requests))
        places = self._look_closer(found, hosts, pools)
        misfits = {}
        for host in hosts:
            judge = _Judge(host, found, places, self._policy)
            left, reasons = [], []
            # A request without any is decided by the host alone.
            for candidate in host.allocation_candidates or [None]:
                reason = judge.misfit(candidate, pools)
                if reason is None:
                    left.append(candidate)
                else:
                    reasons.append(reason)
            if host.allocation_candidates:
                host.allocation_candidates = left
            if not left:
                some = list(dict.fromkeys(reasons))[:_REASONS]
                misfits[host.uuid] = '; '.join(some)
        return misfits

    def _look_closer(
        self, found: _Findings, hosts: Sequence[Any], pools: offers.Pools
    ) -> dict[frozenset[str], targets.Places]:
        """Read what functions have where those of a host differ."""
        wanted = {
            requirement.source
            for group in pools.groups
            for requirement in found.decided.needs.get(group, ())
        }
        surveys = [found.surveys[source] for source in wanted]
        locations = {
            host.uuid: pools.locations(host)
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

    host: Any
    found: _Findings
    places: Mapping[frozenset[str], targets.Places]
    policy: decision.Policy

    def misfit(
        self, candidate: Mapping[str, Any] | None, pools: offers.Pools
    ) -> str | None:
        """Tell why a candidate does not do; None where it does."""
        needs = self.found.decided.needs
        asked = [
            (offer, self._parent_suits)
            for offer in offers.of_parents(candidate, needs)
        ] + [
            (offer, self._place_suits)
            for offer in pools.of(self.host, candidate)
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
