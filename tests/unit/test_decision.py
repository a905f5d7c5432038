# SPDX-License-Identifier: Apache-2.0
"""The decision, on documents alone."""

import itertools

import hypothesis
import pytest
from hypothesis import strategies as st

from nova_migcompat import decision, descriptor

OLD = descriptor.parse('SELF:\n driver=5\nCOMPATIBLE:\n driver={v:int:5,6}\n')
NEW = descriptor.parse('SELF:\n driver=6\nCOMPATIBLE:\n driver=6\n')
OTHER = descriptor.parse('SELF:\n driver=9\nCOMPATIBLE:\n driver=9\n')
UNREAD = descriptor.parse('SELF:\n driver=7\n')
FLEET = {d.digest: d for d in (OLD, NEW, OTHER)}


def device(*documents: descriptor.Document) -> decision.SourceDevice:
    return decision.SourceDevice('gpu', frozenset(d.digest for d in documents))


def decide(
    *devices: decision.SourceDevice, **choices: object
) -> decision.Decision:
    return decision.decide(devices, FLEET, decision.Policy(**choices))


def test_a_device_may_move_to_what_its_document_lists():
    [requirement] = decide(device(OLD)).requirements
    assert requirement.source == {OLD.digest}
    assert requirement.compatible == {OLD.digest, NEW.digest}
    assert requirement.incompatible.keys() == {OTHER.digest}


@pytest.mark.parametrize(
    ('direction', 'compatible'),
    [
        ('source', {NEW.digest}),
        ('target', {OLD.digest, NEW.digest}),
        ('both', {NEW.digest}),
        ('either', {OLD.digest, NEW.digest}),
    ],
)
def test_the_direction_is_the_operators_choice(direction, compatible):
    [requirement] = decide(device(NEW), direction=direction).requirements
    assert requirement.compatible == compatible


def test_a_source_with_several_documents_must_satisfy_every_one():
    [requirement] = decide(device(OLD, NEW)).requirements
    assert requirement.compatible == {NEW.digest}
    assert OLD.digest in requirement.incompatible


def test_each_different_device_asks_for_itself_and_equal_ones_ask_once():
    decided = decide(device(OLD), device(OTHER), device(OLD))
    assert [r.source for r in decided.requirements] == [
        {OLD.digest},
        {OTHER.digest},
    ]


def test_never_incompatible_without_a_reason():
    [requirement] = decide(device(OLD)).requirements
    assert requirement.why_not(OTHER.digest) == (
        f"{OTHER.digest}: source object 1, driver: '9', allowed {{v:int:5,6}}"
    )


def test_an_unknown_source_asks_for_nothing_by_default():
    decided = decide(device())
    assert (decided.requirements, decided.rejected) == ((), None)
    assert [d.name for d in decided.unknown] == ['gpu']


def test_an_unknown_source_is_rejected_where_the_operator_says_so():
    decided = decide(device(), device(OLD), unknown_source='reject')
    assert decided.rejected == 'the source host publishes nothing for gpu'


def test_a_known_device_still_decides_beside_an_unknown_one():
    assert len(decide(device(), device(OLD)).requirements) == 1


def test_equal_fields_are_an_operators_further_condition():
    [requirement] = decide(device(OLD), equal_fields=('driver',)).requirements
    assert requirement.compatible == {OLD.digest}
    assert 'but the source has' in requirement.why_not(NEW.digest)


def test_a_source_whose_document_is_not_given_is_an_error():
    with pytest.raises(KeyError):
        decide(decision.SourceDevice('gpu', frozenset({'A' * 32})))


def test_many_reasons_are_cut_to_fit_a_log_line():
    objects = ''.join(f'COMPATIBLE:\n driver={n}0\n' for n in range(1, 9))
    many = descriptor.parse('SELF:\n driver=1\n' + objects)
    said = decision.reason(descriptor.match(many, OTHER))
    assert said.count('driver') == 2
    assert said.endswith('and 6 more')


@pytest.mark.parametrize(
    ('documents', 'verdict'),
    [
        ([OLD], 'COMPATIBLE'),
        ([OLD, NEW], 'COMPATIBLE'),
        ([OTHER], 'INCOMPATIBLE'),
        ([OLD, OTHER], 'INCOMPATIBLE'),
        ([], 'UNKNOWN'),
        ([OLD, UNREAD], 'UNKNOWN'),
        ([OTHER, UNREAD], 'INCOMPATIBLE'),
    ],
)
def test_a_place_is_as_good_as_the_worst_device_it_may_give(
    documents, verdict
):
    [requirement] = decide(device(OLD)).requirements
    found = requirement.verdict({d.digest for d in documents})
    assert found is decision.Verdict[verdict]


@pytest.mark.parametrize(
    ('verdict', 'unknown_target', 'suits'),
    [
        ('COMPATIBLE', 'reject', True),
        ('UNKNOWN', 'reject', False),
        ('UNKNOWN', 'pass', True),
        ('INCOMPATIBLE', 'pass', False),
    ],
)
def test_what_nobody_knows_is_the_operators_choice(
    verdict, unknown_target, suits
):
    policy = decision.Policy(unknown_target=unknown_target)
    assert decision.Verdict[verdict].suits(policy) == suits


def test_a_decision_keeps_what_each_device_of_a_group_needs():
    decided = decide(
        decision.SourceDevice('vf1', frozenset({OLD.digest}), 'alias vf'),
        decision.SourceDevice('vf2', frozenset({OLD.digest}), 'alias vf'),
        decision.SourceDevice('vf3', frozenset(), 'alias vf'),
        decision.SourceDevice('gpu', frozenset({NEW.digest}), 'VGPU'),
    )
    old, new = decided.requirements
    assert decided.needs == {'alias vf': [old, old], 'VGPU': [new]}


def misfit(claim, suiting, **places):
    """Two VFs, of which each has its own wishes."""
    needs = {'vf': ['first', 'second']}
    return decision.misfit(
        needs,
        {'vf': places},
        lambda requirement, place: place in suiting[requirement],
        claim,
    )


def test_devices_fit_where_every_place_suits_every_one():
    suiting = {'first': 'ab', 'second': 'ab'}
    assert misfit('all', suiting, a=1, b=1) is None
    assert misfit('all', suiting, a=2) is None


def test_whatever_nova_may_choose_must_do():
    suiting = {'first': 'ab', 'second': 'ab'}
    assert misfit('all', suiting, a=2, c=1) == (
        'vf may come from c, which is not known to be compatible'
    )
    assert misfit('any', suiting, a=2, c=1) is None


def test_nova_chooses_which_device_takes_over_from_which():
    suiting = {'first': 'a', 'second': 'b'}
    assert misfit('all', suiting, a=1, b=1)
    assert misfit('any', suiting, a=1, b=1) is None


@pytest.mark.parametrize('claim', ['all', 'any'])
def test_each_device_needs_one_of_its_own(claim):
    suiting = {'first': 'a', 'second': 'a'}
    assert misfit(claim, suiting, a=1) == (
        'no compatible device of its own for each of vf'
    )


def test_groups_that_share_a_place_share_its_room():
    offer = {'one': {'a': 1}, 'other': {'a': 1}}
    needs = {'one': ['x'], 'other': ['x'], 'elsewhere': ['x']}
    assert decision.misfit(needs, offer, lambda *_: True, 'all')
    del needs['other']
    assert decision.misfit(needs, offer, lambda *_: True, 'all') is None


PLACES = 'abcd'


@hypothesis.settings(deadline=None)
@hypothesis.given(
    st.lists(st.sets(st.sampled_from(PLACES)).map(sorted), max_size=6),
    st.fixed_dictionaries({place: st.integers(0, 2) for place in PLACES}),
)
def test_an_assignment_is_found_exactly_where_there_is_one(wishes, room):
    def fits(choice):
        return all(choice.count(place) <= room[place] for place in room)

    assert decision.can_assign(wishes, room) == any(
        fits(choice) for choice in itertools.product(*wishes)
    )


def preferred(*texts, source=0, **choices):
    """Choose among documents; return their places in the list."""
    known = [descriptor.parse(text) for text in texts]
    documents = {each.digest: each for each in known}
    device = decision.SourceDevice('gpu', frozenset({known[source].digest}))
    policy = decision.Policy(**choices)
    [requirement] = decision.decide([device], documents, policy).requirements
    found = decision.preferred(requirement, documents, policy)
    return {n for n, each in enumerate(known) if each.digest in found}


def accepting(own, *others):
    return f'SELF:\n a={own}\n' + ''.join(
        f'COMPATIBLE:\n a={other}\n' for other in others
    )


def test_documents_from_which_a_guest_could_come_back_are_preferred():
    texts = [
        accepting(1, 1, 2, 3),
        accepting(2, 2, 3),
        accepting(3, 1),
        accepting(4, 1, 2, 3, 4),
    ]
    assert preferred(*texts) == {0, 2}


def test_where_all_or_none_come_back_most_onward_choices_are_preferred():
    none_back = [
        accepting(1, 2, 3),
        accepting(2, 2),
        accepting(3, 2, 3),
        accepting(4, 4),
    ]
    assert preferred(*none_back) == {2}
    all_back = [accepting(1, 1, 2), accepting(2, 1, 2, 3), accepting(3)]
    assert preferred(*all_back) == {1}


def test_alike_documents_are_not_preferred_to_each_other():
    assert preferred(accepting(1, 1, 2), accepting(2, 1, 2)) == set()
    assert preferred(accepting(1, 9), accepting(2, 2)) == set()


def test_no_document_is_preferred_where_the_time_is_over():
    texts = [accepting(1, 1, 2), accepting(2, 2)]
    known = [descriptor.parse(text) for text in texts]
    documents = {each.digest: each for each in known}
    device = decision.SourceDevice('gpu', frozenset({known[0].digest}))
    policy = decision.Policy()
    [requirement] = decision.decide([device], documents, policy).requirements
    assert decision.preferred(requirement, documents, policy)
    late = decision.preferred(requirement, documents, policy, lambda: True)
    assert late == frozenset()
