# SPDX-License-Identifier: Apache-2.0
"""What of a fleet counts, whatever its hosts publish (DESIGN.md, "Trust")."""

import types

import pytest

from nova_migcompat import (
    decision,
    demand,
    descriptor,
    fleet,
    policies,
    traits,
)
from nova_migcompat.placement import PlacementError

GPU = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1..}\n')
OTHERS = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(2, 30)]
GUEST = fleet.Guest('source', (fleet.Function('PCI_1', group='vf'),))


class Placement:
    """A fleet with one document a host, asked as PlacementClient is asked."""

    def __init__(self, documents):
        self.documents = documents
        self.asked = []
        self.prefixes = []

    def provider_traits(self, _uuid):
        name = traits.document_trait(GPU.digest)
        return types.SimpleNamespace(names=frozenset({name}))

    def traits(self, startswith, associated=None):
        if associated:
            self.prefixes.append(startswith)
            return frozenset(
                traits.document_trait(d.digest) for d in self.documents
            )
        return frozenset(
            n for d in self.documents for n in traits.text_traits(d)
        )

    def providers_with_any(self, names, in_tree=None, and_any=()):
        self.asked.append(frozenset(names))
        return []


def read(published=(GPU, *OTHERS), library=None, **limits):
    client = Placement(published)
    found = demand.read(
        client,
        library or fleet.Library(),
        decision.Policy(),
        GUEST,
        limits=policies.Limits(**limits),
    )
    return found, client


def judged(found):
    [requirement] = found.decided.requirements
    return requirement.compatible | requirement.incompatible.keys()


def digests(documents):
    return frozenset(d.digest for d in documents)


def test_all_that_are_in_use_count():
    found, _ = read()
    assert judged(found) == digests([GPU, *OTHERS])
    assert not found.problems
    assert not found.ignored


def test_of_a_large_fleet_documents_and_locations_are_asked_for_apart():
    library = fleet.Library()
    many = [descriptor.parse(f'SELF:\n a={n}\n') for n in range(2, 67)]
    for published, prefixes in (
        ([GPU, *many[:63]], [traits.PREFIX]),
        ([GPU, *many[:63]], [traits.PREFIX]),  # 64 are known
        ([GPU, *many], [traits.PREFIX]),
        ([GPU, *many], [traits.DOCUMENT_PREFIX, traits.LOCATION_PREFIX]),
    ):
        _, client = read(published, library)
        assert client.prefixes == prefixes


def test_only_trusted_documents_can_be_read():
    trusted = digests([GPU, OTHERS[0]])
    found, _ = read(trusted=trusted)
    assert judged(found) == trusted
    assert found.problems.keys() == digests(OTHERS[1:])
    assert set(found.problems.values()) == {
        'it is none of the trusted documents'
    }
    # A host that has one beside a trusted one has devices that differ.
    assert found.names.digests == digests([GPU, *OTHERS])


def test_a_source_that_is_not_trusted_is_an_error():
    with pytest.raises(PlacementError, match='none of the trusted documents'):
        read(trusted=digests(OTHERS))


def test_documents_beyond_the_limit_cannot_be_read():
    found, _ = read(documents=10)
    assert len(judged(found)) == 10
    assert GPU.digest in judged(found)
    assert len(found.ignored) == len(OTHERS) + 1 - 10
    assert found.problems.keys() == found.ignored
    # A host that has one beside another has devices that differ.
    assert found.names.digests == digests([GPU, *OTHERS])


def test_known_documents_come_before_others():
    library = fleet.Library()
    read([GPU, *OTHERS[20:]], library)
    found, _ = read(library=library, documents=9)
    assert judged(found) == digests([GPU, *OTHERS[20:]])


def test_what_was_not_read_in_time_is_read_the_next_time(monkeypatch):
    clock = iter([0.0] * 6 + [9.0] * 1000)
    monkeypatch.setattr(
        demand, 'time', types.SimpleNamespace(thread_time=lambda: next(clock))
    )
    library = fleet.Library()
    found, _ = read(library=library)
    assert len(library.known(digests([GPU, *OTHERS]))) == 1 + 6
    assert GPU.digest in library.known([GPU.digest])
    assert 'was over before' in next(iter(found.problems.values()))
    monkeypatch.undo()
    found, _ = read(library=library)
    assert judged(found) == digests([GPU, *OTHERS])


def test_what_was_not_matched_in_time_is_unknown(monkeypatch):
    library = fleet.Library()
    read(library=library)
    clock = iter([0.0] * 6 + [9.0] * 1000)
    monkeypatch.setattr(
        demand, 'time', types.SimpleNamespace(thread_time=lambda: next(clock))
    )
    found, _ = read(library=library)
    assert len(judged(found)) == 6
    assert GPU.digest in judged(found)
    late = digests([GPU, *OTHERS]) - judged(found)
    assert found.problems.keys() == late
    [requirement] = found.decided.requirements
    assert requirement.verdict(late) is decision.Verdict.UNKNOWN
