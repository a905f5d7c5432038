# SPDX-License-Identifier: Apache-2.0
"""What a judgement looks like for one host: by which documents, on which
devices.

Shows what was decided; decides nothing. Knows no command.
"""

import re
from collections.abc import Iterator

from nova_migcompat import decision
from nova_migcompat.cli import cells, judging, labels, states

#: Why, Source, Document, Object, Variables, Device.
Row = tuple[object, ...]

_LOCATION = re.compile(
    r'(?:^|_)pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([0-9a-f]{2})_([0-7])$',
    re.IGNORECASE,
)
_ANY = '(any)'
#: Of functions that Nova chooses by itself, on a host whose devices differ.
_FAR_AS_KNOWN = (
    'unless Nova has functions there for which nothing is published: only its '
    'database knows'
)


class Shower:
    """Shows judgements on one fleet."""

    def __init__(self, state: states.State) -> None:
        self._state = state
        self._policy = state.choices.policy

    def passing(self, made: judging.Judgement, host: str) -> Iterator[Row]:
        """Say what makes a host pass: a row for each pair of documents."""
        decided = made.asked.decided
        for device in decided.unknown:
            yield self._row(
                f'the source host publishes nothing for {device.name}, which '
                'may go anywhere ([migcompat] unknown_source = pass)'
            )
        for requirement in decided.requirements:
            rows = list(self._matches(made, requirement, host))
            yield from rows or [
                self._row(
                    'it publishes nothing for such a device ([migcompat] '
                    'unknown_target = pass)',
                    _joined(requirement.source),
                )
            ]

    def failing(
        self, made: judging.Judgement, host: str, refusal: judging.Refusal
    ) -> Iterator[Row]:
        """Say why a host does not pass: a row for each document in the way."""
        if refusal.words is not None:
            yield self._row(refusal.words)
        for requirement, digest in refusal.in_the_way:
            yield self._row(
                decision.reason(requirement.incompatible[digest]),
                _joined(requirement.source),
                digest,
                device=self._devices(made, requirement, host, digest),
            )

    def _matches(
        self,
        made: judging.Judgement,
        requirement: decision.Requirement,
        host: str,
    ) -> Iterator[Row]:
        documents = self._state.census.documents.documents
        for digest in sorted(self._digests(host) & requirement.compatible):
            devices = self._devices(made, requirement, host, digest)
            if devices is None:
                continue
            for source in sorted(requirement.source):
                result = self._policy.match(
                    documents[source], documents[digest]
                )
                number = None if result.object is None else result.object + 1
                variables = dict(result.variables or {})
                why = self._reservation(made, requirement, host)
                yield self._row(
                    why, source, digest, number, variables, devices
                )

    def _reservation(
        self,
        made: judging.Judgement,
        requirement: decision.Requirement,
        host: str,
    ) -> str | None:
        """Say what is not known of a host that passes."""
        if not self._state.census.hosts[host].places:
            return None
        is_chosen = any(
            made.wanted.functions.get(group) == ()
            for group in _groups(made, requirement)
        )
        return _FAR_AS_KNOWN if is_chosen else None

    def _digests(self, host: str) -> frozenset[str]:
        known = self._state.census.hosts.get(host)
        return known.digests if known else frozenset()

    def _devices(
        self,
        made: judging.Judgement,
        requirement: decision.Requirement,
        host: str,
        digest: str,
    ) -> list[str] | None:
        """Name the devices of a host that have a document.

        :returns: none where all devices of the host are alike; None where
            the guest can be given none of them.
        """
        known = self._state.census.hosts[host]
        groups = _groups(made, requirement)
        functions = groups & made.wanted.functions.keys()
        found, all_of_them = [], 0
        if functions:
            all_of_them += len(known.places)
            found += [p for p, d in known.places.items() if digest in d]
        if groups - functions:
            left = made.left(host)
            all_of_them += len(known.parents)
            found += [
                known.parent_names.get(parent, parent)
                for parent, digests in known.parents.items()
                if digest in digests and (left is None or _gives(left, parent))
            ]
        if all_of_them and not found:
            return None
        return sorted(map(address, found))

    @staticmethod
    def _row(
        why: str | None,
        source: str | None = None,
        document: str | None = None,
        number: int | None = None,
        variables: dict[str, int | str] | None = None,
        device: list[str] | None = None,
    ) -> Row:
        words = _ANY if device == [] else None
        shown = cells.Cell(device, words)
        pair = _digests(source), _digests(document)
        return why, *pair, number, variables, shown


def address(place: str) -> str:
    """Show a location or the name of a parent's provider as PCI address."""
    match = _LOCATION.search(place)
    if match is None:
        return place
    domain, bus, slot, function = match.groups()
    return f'{domain}:{bus}:{slot}.{function}'.lower()


def _groups(
    made: judging.Judgement, requirement: decision.Requirement
) -> set[str]:
    """Name the groups of the devices that ask for something."""
    return {
        group
        for group, needs in made.asked.decided.needs.items()
        if requirement in needs
    }


def _gives(candidates: judging.Candidates, parent: str) -> bool:
    return any(parent in each['allocations'] for each in candidates)


def _digests(digests: str | None) -> cells.Cell:
    """Return a cell with digests, of which a table has the beginnings."""
    words = digests and ', '.join(map(labels.short, digests.split(', ')))
    return cells.Cell(digests, words)


def _joined(digests: frozenset[str]) -> str:
    return ', '.join(sorted(digests))
