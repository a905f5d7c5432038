# SPDX-License-Identifier: Apache-2.0
"""The decision: may a guest's devices move, and to devices of which documents?

Pure functions on documents and digests. Filter, request filter, weigher and
the operator's command all decide here; who has which document, and how that
is found out, is fleet.py's and targets.py's.
"""

import dataclasses
import enum
import functools
from collections.abc import Callable, Collection, Mapping, Sequence

from nova_migcompat import descriptor

#: Pairs whose answers are kept. Documents never change, so nor do answers.
MAX_PAIRS = 65536

match = functools.lru_cache(maxsize=MAX_PAIRS)(descriptor.match)


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decides, option by option ([migcompat])."""

    direction: str = 'source'
    unlisted_fields: str = 'reject'
    equal_fields: tuple[str, ...] = ()
    unknown_source: str = 'pass'
    unknown_target: str = 'reject'
    pci_claim: str = 'all'

    def match(
        self, source: descriptor.Document, target: descriptor.Document
    ) -> descriptor.MatchResult:
        """Decide one pair under this policy."""
        return match(
            source,
            target,
            self.direction,
            self.unlisted_fields,
            self.equal_fields,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class SourceDevice:
    """A device that the guest has now.

    :param name: its location or its provider's UUID, for people.
    :param digests: its documents; a target must satisfy every one. Empty:
        the source host publishes nothing for it.
    :param group: which of the guest's requests gave it. Which device of a
        group takes over from which is Nova's choice.
    """

    name: str
    digests: frozenset[str]
    group: str = ''


class Verdict(enum.Enum):
    """What a place on a target host is to a device: all devices that it may
    give are compatible, at least one is not, or neither is known.
    """

    COMPATIBLE = enum.auto()
    INCOMPATIBLE = enum.auto()
    UNKNOWN = enum.auto()

    def suits(self, policy: Policy) -> bool:
        """May a device move to such a place?"""
        return self is Verdict.COMPATIBLE or (
            self is Verdict.UNKNOWN and policy.unknown_target == 'pass'
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Requirement:
    """What one or more devices of a guest ask of a target device.

    :param source: digests of the devices' documents.
    :param compatible: digests of the fleet that satisfy all of them.
    :param incompatible: the answer of the first that is not satisfied, by
        digest of the fleet; its reasons are worked out when asked for.
    """

    source: frozenset[str]
    compatible: frozenset[str]
    incompatible: Mapping[str, descriptor.MatchResult]

    def verdict(self, digests: Collection[str]) -> Verdict:
        """Judge a place by the documents of the devices that it may give.

        :param digests: a document that cannot be read is one that nobody
            knows anything of.
        """
        if not self.incompatible.keys().isdisjoint(digests):
            return Verdict.INCOMPATIBLE
        if digests and self.compatible.issuperset(digests):
            return Verdict.COMPATIBLE
        return Verdict.UNKNOWN

    def why_not(self, digest: str) -> str:
        """Say why a document of the fleet is not compatible.

        :param digest: one of the incompatible ones.
        """
        return f'{digest}: {reason(self.incompatible[digest])}'


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """What a guest's devices ask of the host that it moves to.

    :param requirements: a host must have a device for each.
    :param unknown: devices for which the source publishes nothing.
    :param rejected: why no host can pass; None where one may.
    :param needs: the requirement of each known device, by group.
    """

    requirements: tuple[Requirement, ...]
    unknown: tuple[SourceDevice, ...]
    rejected: str | None = None
    needs: Mapping[str, Sequence[Requirement]] = dataclasses.field(
        default_factory=dict
    )


def never() -> bool:
    """Say that there is time left."""
    return False


def preferred(
    requirement: Requirement,
    documents: Mapping[str, descriptor.Document],
    policy: Policy,
    is_over: Callable[[], bool] = never,
) -> frozenset[str]:
    """Choose the better ones of a requirement's compatible documents.

    Those from which the guest could come back; where that is all of them or
    none, those from which it could go on to most documents.

    :param documents: those in use, and the source's, by digest.
    :param is_over: whether the time for it is over.
    :returns: their digests; none where all are alike, or the time is over.
    """
    sources = [documents[digest] for digest in requirement.source]
    compatible = requirement.compatible & documents.keys()
    back = set()
    onward = {}
    for digest in compatible:
        own = documents[digest]
        if is_over():
            return frozenset()
        if all(policy.match(own, each) for each in sources):
            back.add(digest)
        onward[digest] = sum(
            bool(policy.match(own, each)) for each in documents.values()
        )
    if back and back != compatible:
        return frozenset(back)
    most = max(onward.values(), default=0)
    best = frozenset(d for d, count in onward.items() if count == most)
    return best if best != compatible else frozenset()


def decide(
    devices: Sequence[SourceDevice],
    documents: Mapping[str, descriptor.Document],
    policy: Policy,
    is_over: Callable[[], bool] = never,
) -> Decision:
    """Decide a guest's devices against every document of a fleet.

    :param devices: the guest's devices.
    :param documents: the verified documents by digest: those of the devices
        and those in use in the fleet.
    :param policy: the operator's choices.
    :param is_over: whether the time for it is over; documents that were not
        looked at by then are neither compatible nor incompatible.
    :raises KeyError: where a device's document is not among the documents.
    """
    unknown = tuple(device for device in devices if not device.digests)
    rejected = None
    if unknown and policy.unknown_source == 'reject':
        names = ', '.join(device.name for device in unknown)
        rejected = f'the source host publishes nothing for {names}'
    wanted = {
        digests: _require(digests, documents, policy, is_over)
        for digests in dict.fromkeys(d.digests for d in devices if d.digests)
    }
    needs: dict[str, list[Requirement]] = {}
    for device in devices:
        if device.digests:
            needs.setdefault(device.group, []).append(wanted[device.digests])
    return Decision(tuple(wanted.values()), unknown, rejected, needs)


def _require(
    source: frozenset[str],
    documents: Mapping[str, descriptor.Document],
    policy: Policy,
    is_over: Callable[[], bool],
) -> Requirement:
    sources = [documents[digest] for digest in sorted(source)]
    compatible = set()
    incompatible = {}
    for digest, target in documents.items():
        if is_over():
            break
        failed = next(
            (r for s in sources if not (r := policy.match(s, target))), None
        )
        if failed is None:
            compatible.add(digest)
        else:
            incompatible[digest] = failed
    return Requirement(source, frozenset(compatible), incompatible)


#: What a host may give to some of the groups: how many devices by place.
Offer = Mapping[str, Mapping[str, int]]


def misfit(
    needs: Mapping[str, Sequence[Requirement]],
    offer: Offer,
    suits: Callable[[Requirement, str], bool],
    claim: str,
) -> str | None:
    """Tell why a guest's devices do not fit into what a host may give them.

    Nova chooses among the places, and which device there takes over from
    which of the group's.

    :param needs: a requirement for each device, by group.
    :param offer: the places of groups that have them in common.
    :param suits: whether a place satisfies a requirement.
    :param claim: ``all``: whatever Nova chooses must do; ``any``: it is
        enough that there is a choice that does.
    :returns: the group and the place that fails; None where they fit.
    """
    wishes = []
    room: dict[str, int] = {}
    asking = {group: needs[group] for group in offer if group in needs}
    for group, requirements in asking.items():
        room.update(offer[group])
        for requirement in requirements:
            bad = [p for p in offer[group] if not suits(requirement, p)]
            if bad and claim == 'all':
                return (
                    f'{group} may come from {bad[0]}, which is not known to '
                    f'be compatible'
                )
            wishes.append([p for p in offer[group] if p not in bad])
    if can_assign(wishes, room):
        return None
    return f'no compatible device of its own for each of {", ".join(asking)}'


def can_assign(
    wishes: Sequence[Sequence[str]], room: Mapping[str, int]
) -> bool:
    """Tell whether each device can have a place of its own.

    A bipartite matching, by augmenting paths.

    :param wishes: the places that suit, for each device.
    :param room: how many devices a place has.
    """
    taken: dict[str, list[int]] = {place: [] for place in room}

    def settle(device: int, seen: set[str]) -> bool:
        """Find a device a place, if need be by moving others on."""
        for place in wishes[device]:
            if place in seen:
                continue
            seen.add(place)
            settled = taken[place]
            if len(settled) < room[place]:
                settled.append(device)
                return True
            for index, other in enumerate(settled):
                if settle(other, seen):
                    settled[index] = device
                    return True
        return False

    return all(settle(device, set()) for device in range(len(wishes)))


def reason(result: descriptor.MatchResult) -> str:
    """Say in one line why a pair is not compatible."""
    reasons = [str(r) for r in result.reasons[:2]]
    if len(result.reasons) > 2:
        reasons.append(f'and {len(result.reasons) - 2} more')
    return '; '.join(reasons)
