# SPDX-License-Identifier: Apache-2.0
"""Which hosts pass, and which of their allocation candidates are left.

Steps 3 to 6 of DESIGN.md, "The filter": what the fleet has is read by
fleet.py and targets.py, the decision is decision.py's, and what Nova would
give offers.py knows.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from nova_migcompat import decision, fleet, targets, traits
from nova_migcompat.placement import PlacementClient, PlacementError
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
class _Known:
    """What is asked once, whatever the guest's devices turn out to be."""

    hosts: frozenset[str]
    names: fleet.Names
    texts: traits.Texts


@dataclasses.dataclass(frozen=True, slots=True)
class _Findings:
    """A decision, and what every host is to its requirements.

    :param names: those in question.
    :param surveys: by the requirements' source documents.
    """

    devices: tuple[decision.SourceDevice, ...]
    decided: decision.Decision
    names: fleet.Names
    surveys: Mapping[frozenset[str], targets.Survey]


class Selector:
    """Chooses the hosts of one scheduling.

    :param client: Placement, with the budget of this scheduling.
    :param library: the documents read before.
    :param policy: the operator's choices.
    """

    def __init__(
        self,
        client: PlacementClient,
        library: fleet.Library,
        policy: decision.Policy,
    ) -> None:
        self._client = client
        self._library = library
        self._policy = policy

    def select(
        self, move: moves.LiveMigration, hosts: Sequence[Any], spec_obj: Any
    ) -> Selection:
        """Choose the hosts that can give compatible devices, and narrow
        their allocation candidates to those that do.

        :param hosts: nova HostState objects.
        :param spec_obj: a nova RequestSpec.
        :raises PlacementError: Placement does not say, or the text of a
            document of the source does not verify.
        """
        uuids = frozenset(host.uuid for host in hosts)
        source = fleet.read_source(self._client, move.guest)
        names = fleet.in_use(self._client)
        digests = names.digests | source.names.digests
        texts = self._library.read(self._client, digests)
        found = self._find(source, _Known(uuids, names, texts))
        decided = found.decided
        if decided.rejected:
            return Selection(frozenset(), {}, decided, texts.problems)
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
        return Selection(passed, misfits, decided, texts.problems)

    def _find(self, source: fleet.Source, known: _Known) -> _Findings:
        """Decide, and find out who has what.

        A source host that looks uniform is taken for it: who has compatible
        documents says then, in most cases, whether it is.
        """
        own = source.names.digests
        if not source.may_be_uniform or own - known.texts.documents.keys():
            devices = fleet.source_devices(self._client, source)
            return self._find_for(devices, known)
        found = self._find_for(source.if_uniform(), known)
        holding = None
        for survey in found.surveys.values():
            holding = survey.in_tree(source.guest.node, own)
        devices = fleet.source_devices(self._client, source, holding)
        if devices == found.devices:
            return found
        return self._find_for(devices, known)

    def _find_for(
        self, devices: tuple[decision.SourceDevice, ...], known: _Known
    ) -> _Findings:
        _check_source(devices, known.texts.problems)
        decided = decision.decide(devices, known.texts.documents, self._policy)
        names, surveys = known.names, {}
        if decided.requirements and not decided.rejected:
            names = targets.in_question(self._client, names, known.hosts)
            surveys = {
                requirement.source: targets.survey(
                    self._client, requirement, names, self._policy
                )
                for requirement in decided.requirements
            }
        return _Findings(devices, decided, names, surveys)

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


def _check_source(
    devices: Sequence[decision.SourceDevice], problems: Mapping[str, str]
) -> None:
    """A source's document must be readable; a target's may count as none.

    :raises PlacementError: it is not, and on_error decides.
    """
    for device in devices:
        for digest in sorted(device.digests & problems.keys()):
            raise PlacementError(
                f'the document {digest} of {device.name} on the source host '
                f'cannot be read: {problems[digest]}'
            )
