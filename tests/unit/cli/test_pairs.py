# SPDX-License-Identifier: Apache-2.0
"""Everybody against everybody: answers, reach, islands and dead ends."""

import pytest

from nova_migcompat import decision, descriptor, traits
from nova_migcompat.cli import pairs
from nova_migcompat.cli.pairs import Answer

TEXT = """\
SELF:
 kind={kind}
 version={version}
COMPATIBLE:
 kind={kind}
 version={{v:int:{versions}}}
"""


def document(kind, version, versions):
    text = TEXT.format(kind=kind, version=version, versions=versions)
    return descriptor.parse(text)


#: May move to itself and newer ones.
A1, A2, A3 = (document('a', n, f'{n}..3') for n in (1, 2, 3))
#: May move to itself alone.
B1 = document('b', 1, '1')
#: May not even move to its like.
C1 = document('c', 1, '2')
UNREAD = 'Z' * 32

TEXTS = traits.Texts(
    {d.digest: d for d in (A1, A2, A3, B1, C1)}, {UNREAD: 'no text'}
)


def hosts(**documents):
    return {
        name: {d if isinstance(d, str) else d.digest for d in found}
        for name, found in documents.items()
    }


def compare(parties, policy=None):
    return pairs.compare(parties, TEXTS, policy or decision.Policy())


def answers(matrix):
    return [[pair.answer.value for pair in row] for row in matrix.pairs]


def reach(matrix):
    labels = [party.label for party in matrix.parties]
    return dict(zip(labels, matrix.reach, strict=True))


def dead(matrix):
    return [matrix.parties[number].label for number in matrix.dead]


def test_documents_are_compared_with_each_other_and_themselves():
    holders = {A1.digest: ['h2', 'h10'], A2.digest: ['h1'], B1.digest: ['h1']}

    matrix = compare(pairs.by_document(TEXTS, holders))

    parties = [(party.digests, party.holders) for party in matrix.parties]
    assert parties == [
        ((A1.digest,), ('h2', 'h10')),
        ((A2.digest,), ('h1',)),
        ((B1.digest,), ('h1',)),
    ]
    assert answers(matrix) == [
        ['yes', 'yes', 'no'],
        ['no', 'yes', 'no'],
        ['no', 'no', 'yes'],
    ]
    assert matrix.pairs[0][1].reason == 'COMPATIBLE object 1 of the source'
    assert 'version' in matrix.pairs[1][0].reason
    assert not matrix.is_return(0, 1)
    assert matrix.is_return(0, 0)


def test_a_policy_decides():
    parties = pairs.by_host(hosts(h1=[A1], h2=[A2]))

    turned = compare(parties, decision.Policy(direction='target'))
    equal = compare(parties, decision.Policy(equal_fields=('version',)))

    assert answers(turned) == [['yes', 'no'], ['yes', 'yes']]
    assert turned.pairs[1][0].reason == 'COMPATIBLE object 1 of the target'
    assert answers(equal) == [['yes', 'no'], ['no', 'yes']]


def test_a_host_of_several_documents_may_move_partly():
    matrix = compare(pairs.by_host(hosts(h1=[A1, B1], h2=[A2], h3=[A2, B1])))

    assert answers(matrix) == [
        ['yes', 'partly', 'yes'],
        ['no', 'yes', 'yes'],
        ['partly', 'partly', 'yes'],
    ]
    pair = matrix.pairs[0][1]
    assert (pair.good, pair.of) == (1, 2)
    assert f'{B1.digest[:8]}: source object 1, kind' in pair.reason
    assert '(and 1 other targets)' in matrix.pairs[2][0].reason


def test_hosts_of_the_same_documents_are_a_group():
    found = hosts(h10=[A1, B1], h2=[B1, A1], h3=[A3])

    matrix = compare(pairs.by_group(found))

    assert [party.label for party in matrix.parties] == ['h2 and 1 more', 'h3']
    assert matrix.parties[0].holders == ('h2', 'h10')
    assert matrix.parties[0].digests == tuple(sorted([A1.digest, B1.digest]))


@pytest.mark.parametrize(
    ('source', 'target', 'answer'),
    [
        ([UNREAD], [A1], Answer.UNKNOWN),
        ([A1], [UNREAD], Answer.UNKNOWN),
        ([UNREAD], [UNREAD], Answer.UNKNOWN),
        ([A1], [A1, UNREAD], Answer.YES),
        ([A2], [A1, UNREAD], Answer.UNKNOWN),
        ([A1, UNREAD], [A1], Answer.UNKNOWN),
        ([A2, UNREAD], [A1], Answer.UNKNOWN),
        ([A1, B1], [A1, UNREAD], Answer.UNKNOWN),
    ],
)
def test_nobody_is_said_to_be_refused_for_a_text_that_is_not_known(
    source, target, answer
):
    source, target = (
        pairs.Party('', tuple(hosts(h=found)['h']), ('h',))
        for found in (source, target)
    )

    matrix = compare([source, target])

    pair = next(
        pair
        for row, party in zip(matrix.pairs, matrix.parties, strict=True)
        for pair, other in zip(row, matrix.parties, strict=True)
        if party is source and other is target
    )
    assert pair.answer is answer
    if answer is Answer.UNKNOWN:
        assert f'{UNREAD[:8]}: no text' in pair.reason


def test_reach_counts_other_hosts_for_the_worst_of_the_documents():
    found = hosts(h1=[A1], h2=[A1], h3=[A3], h4=[A1, B1], h5=[B1], h6=[C1])

    matrix = compare(pairs.by_host(found))

    # h1: to h2, h3 and h4. h4: with a device of B1 to h5 alone.
    assert reach(matrix) == {
        'h1': 3,
        'h2': 3,
        'h3': 0,
        'h4': 1,
        'h5': 1,
        'h6': 0,
    }
    assert sorted(dead(matrix)) == ['h3', 'h6']


def test_a_document_that_one_host_alone_has_goes_nowhere_though_to_itself():
    holders = {A3.digest: ['h1'], B1.digest: ['h1', 'h2']}

    matrix = compare(pairs.by_document(TEXTS, holders))

    assert matrix.reach == (1, 0)
    assert matrix.dead == (1,)


def test_what_cannot_be_read_is_no_dead_end():
    matrix = compare(pairs.by_host(hosts(h1=[UNREAD], h2=[UNREAD, A1])))

    assert matrix.reach == (0, 0)
    assert dead(matrix) == ['h2']


def test_islands_are_linked_over_others_and_the_largest_is_first():
    found = hosts(
        h1=[B1], h2=[A1], h3=[C1], h4=[A3], h5=[A2], h6=[UNREAD], h7=[B1]
    )

    matrix = compare(pairs.by_host(found))

    names = [
        [matrix.parties[number].label for number in island]
        for island in matrix.islands
    ]
    assert names == [['h2', 'h4', 'h5'], ['h1', 'h7'], ['h3'], ['h6']]
    assert sum(matrix.islands, ()) == tuple(range(7))


def test_hosts_that_are_alike_stand_beside_each_other():
    found = hosts(h1=[A1], h2=[A2], h10=[A1], h3=[A2], h4=[A3])

    matrix = compare(pairs.by_host(found))

    labels = [party.label for party in matrix.parties]
    assert labels == ['h1', 'h10', 'h2', 'h3', 'h4']


def test_an_empty_fleet_is_an_empty_matrix():
    matrix = compare([])

    assert (matrix.pairs, matrix.islands, matrix.dead) == ((), (), ())
    assert matrix.holders == frozenset()
