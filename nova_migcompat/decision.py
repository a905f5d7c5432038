# SPDX-License-Identifier: Apache-2.0
"""The decision: may a guest's devices move, and to devices of which documents?

Pure functions on documents and digests. Filter, request filter, weigher and
the operator's command all decide here; who has which document, and how that
is found out, is fleet.py's.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence

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
    """

    name: str
    digests: frozenset[str]


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
    """

    requirements: tuple[Requirement, ...]
    unknown: tuple[SourceDevice, ...]
    rejected: str | None = None


def decide(
    devices: Sequence[SourceDevice],
    documents: Mapping[str, descriptor.Document],
    policy: Policy,
) -> Decision:
    """Decide a guest's devices against every document of a fleet.

    :param devices: the guest's devices.
    :param documents: the verified documents by digest: those of the devices
        and those in use in the fleet.
    :param policy: the operator's choices.
    :raises KeyError: where a device's document is not among the documents.
    """
    unknown = tuple(device for device in devices if not device.digests)
    rejected = None
    if unknown and policy.unknown_source == 'reject':
        names = ', '.join(device.name for device in unknown)
        rejected = f'the source host publishes nothing for {names}'
    wanted = dict.fromkeys(d.digests for d in devices if d.digests)
    return Decision(
        tuple(_require(digests, documents, policy) for digests in wanted),
        unknown,
        rejected,
    )


def _require(
    source: frozenset[str],
    documents: Mapping[str, descriptor.Document],
    policy: Policy,
) -> Requirement:
    sources = [documents[digest] for digest in sorted(source)]
    compatible = set()
    incompatible = {}
    for digest, target in documents.items():
        failed = next(
            (r for s in sources if not (r := policy.match(s, target))), None
        )
        if failed is None:
            compatible.add(digest)
        else:
            incompatible[digest] = failed
    return Requirement(source, frozenset(compatible), incompatible)


def reason(result: descriptor.MatchResult) -> str:
    """Say in one line why a pair is not compatible."""
    reasons = [str(r) for r in result.reasons[:2]]
    if len(result.reasons) > 2:
        reasons.append(f'and {len(result.reasons) - 2} more')
    return '; '.join(reasons)
