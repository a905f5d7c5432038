# SPDX-License-Identifier: Apache-2.0
"""The decision, on documents alone."""

import pytest

from nova_migcompat import decision, descriptor

OLD = descriptor.parse('SELF:\n driver=5\nCOMPATIBLE:\n driver={v:int:5,6}\n')
NEW = descriptor.parse('SELF:\n driver=6\nCOMPATIBLE:\n driver=6\n')
OTHER = descriptor.parse('SELF:\n driver=9\nCOMPATIBLE:\n driver=9\n')
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
