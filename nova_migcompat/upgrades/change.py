# SPDX-License-Identifier: Apache-2.0
"""What is to be changed, and who has what while it is.

Knows nothing of orders: a host is upgraded when it is told.
"""

import dataclasses
import functools
from collections.abc import Collection, Mapping

from nova_migcompat import decision, descriptor


class ChangeError(ValueError):
    """Nothing can be planned of what is asked; says why, and what to do."""


@dataclasses.dataclass(frozen=True, eq=False)
class Change:
    """An upgrade that is thought of.

    :param hosts: the digests of each host's documents, by the host's name, in
        the order in which they are named and, if they are alike, upgraded.
    :param documents: the documents by digest, those of the replacements among
        them. A digest of a host that is not here is one of which nobody knows
        anything: no guest may move there.
    :param replacements: the digest that takes an old one's place.
    :param chosen: the hosts that are upgraded, as far as they have an old one.
    :param policy: what the operator decides of who may move.
    :raises ChangeError: where that is no upgrade.
    """

    hosts: Mapping[str, frozenset[str]]
    documents: Mapping[str, descriptor.Document]
    replacements: Mapping[str, str]
    chosen: frozenset[str]
    policy: decision.Policy = dataclasses.field(
        default_factory=decision.Policy
    )

    def __post_init__(self) -> None:
        for old, new in self.replacements.items():
            if old == new:
                raise ChangeError(
                    f'{old} would be replaced by itself: nothing changes. Name'
                    ' the document of the new driver'
                )
            for digest in (old, new):
                if digest not in self.documents:
                    raise ChangeError(
                        f'the text of {digest} is not known, so nobody can say'
                        ' who may move there or from there'
                    )
            self._check_in_use(old)
        self._check_no_circle()

    def _check_in_use(self, old: str) -> None:
        having = [name for name, own in self.hosts.items() if old in own]
        if not having:
            raise ChangeError(f'no host has {old}: there is nothing to plan')
        if self.chosen.isdisjoint(having):
            raise ChangeError(
                f'none of the hosts to be upgraded has {old}; it is on'
                f' {some(having)}'
            )

    def _check_no_circle(self) -> None:
        for start in self.replacements:
            digest, way = start, [start]
            while digest := self.replacements.get(digest, ''):
                if digest == start:
                    circle = ' -> '.join([*way, start])
                    raise ChangeError(
                        f'the replacements go round in a circle ({circle}):'
                        ' one document cannot be both older and newer than'
                        ' another. Plan each direction by itself, with --hosts'
                    )
                if digest in way:
                    break
                way.append(digest)

    def after(self, host: str) -> frozenset[str]:
        """Return the digests of a host when it has been upgraded."""
        own = self.hosts[host]
        return frozenset(self.replacements.get(d, d) for d in own)

    @functools.cached_property
    def upgraded(self) -> tuple[str, ...]:
        """The hosts that are upgraded, in their order."""
        return tuple(h for h in self.hosts if h in self.chosen and self.old(h))

    def in_order(self, hosts: Collection[str]) -> tuple[str, ...]:
        """Return some hosts in their order."""
        return tuple(host for host in self.hosts if host in hosts)

    def old(self, host: str) -> frozenset[str]:
        """Return the digests that are replaced on a host."""
        return self.hosts[host].intersection(self.replacements)

    @functools.cached_property
    def in_use(self) -> frozenset[str]:
        """The digests that any host has, before or after."""
        found = frozenset[str]().union(*self.hosts.values())
        return found | frozenset(self.replacements.values())

    def may_move(self, source: str, target: str) -> bool:
        """Tell whether a guest of a document may move to another document."""
        documents = self.documents
        return (
            source in documents
            and target in documents
            and bool(self.policy.match(documents[source], documents[target]))
        )

    @functools.cached_property
    def _targets(self) -> dict[str, frozenset[str]]:
        """What targets() has found out."""
        return {}

    def targets(self, source: str) -> frozenset[str]:
        """Return the digests to which a guest of a document may move."""
        if source not in self._targets:
            self._targets[source] = frozenset(
                target
                for target in self.in_use
                if self.may_move(source, target)
            )
        return self._targets[source]

    def in_common(self, one: str, other: str) -> int:
        """Count the fields that are equal in both devices."""
        fields = [
            self.documents[digest].self_object.items()
            for digest in (one, other)
            if digest in self.documents
        ]
        return len(fields[0] & fields[1]) if len(fields) == 2 else 0

    def reason(self, source: str, target: str) -> str:
        """Say in one line why a guest may not move, field by field."""
        documents = self.documents
        if source not in documents or target not in documents:
            return 'its text is not known'
        return decision.reason(
            self.policy.match(documents[source], documents[target])
        )


class Holders:
    """Who has which document, while one host after the other is upgraded.

    :param change: the upgrade; no host is upgraded at first.
    """

    def __init__(self, change: Change) -> None:
        self._change = change
        self.hosts: dict[str, frozenset[str]] = dict(change.hosts)
        self.having: dict[str, set[str]] = {d: set() for d in change.in_use}
        for host, own in self.hosts.items():
            for digest in own:
                self.having[digest].add(host)

    def upgrade(self, host: str) -> None:
        """Replace a host's documents."""
        before, after = self.hosts[host], self._change.after(host)
        self.hosts[host] = after
        for digest in before - after:
            self.having[digest].discard(host)
        for digest in after - before:
            self.having[digest].add(host)

    def elsewhere(self, host: str, digest: str) -> int:
        """Count the other hosts that have a document."""
        having = self.having.get(digest, ())
        return len(having) - (host in having)

    def targets(self, host: str, source: str) -> dict[str, int]:
        """Tell where a guest of a host may go now.

        :param source: the digest of its device's document.
        :returns: how many other hosts have it, by digest.
        """
        return {
            digest: count
            for digest in self._change.targets(source)
            if (count := self.elsewhere(host, digest))
        }

    def stranded(self, source: str) -> frozenset[str]:
        """Choose the hosts that a guest of a document could not leave.

        :param source: the digest of the guest's device's document.
        """
        able: set[str] = set()
        for digest in self._change.targets(source):
            having = self.having[digest]
            if len(having) > 1:
                return frozenset()
            able |= having
        if len(able) > 1:
            return frozenset()
        own = self.having.get(source, set())
        return frozenset(own & able if able else own)


def some(names: Collection[str], most: int = 3) -> str:
    """Name a few of them, and say how many more there are.

    :param names: in the order in which they are named.
    """
    shown = ', '.join(list(names)[:most])
    more = len(names) - most
    return f'{shown} and {more:,} more' if more > 0 else shown
