# SPDX-License-Identifier: Apache-2.0
"""What is no upgrade is refused, and says what to do."""

import pytest

from nova_migcompat import upgrades
from tests.unit.upgrades import made

HOSTS = {'h0': {0}, 'h1': {0, 1}, 'h2': {2}}


def refusal(replaced, chosen=None, hosts=HOSTS):
    with pytest.raises(upgrades.ChangeError) as caught:
        _ = made.Made((), hosts, replaced, chosen).change
    return str(caught.value)


def digest(number):
    return made.document(number).digest


def test_a_document_in_its_own_place_is_no_upgrade():
    assert refusal({0: 0}) == (
        f'{digest(0)} would be replaced by itself: nothing changes. Name the '
        'document of the new driver'
    )


def test_a_document_that_no_host_has_cannot_be_replaced():
    assert refusal({7: 8}) == (
        f'no host has {digest(7)}: there is nothing to plan'
    )


def test_a_document_that_no_chosen_host_has_is_said_to_be_elsewhere():
    assert refusal({0: 5}, {'h2'}) == (
        f'none of the hosts to be upgraded has {digest(0)}; it is on h0, h1'
    )


def test_of_many_hosts_a_few_are_named():
    hosts = {**{f'h{i}': {0} for i in range(9)}, 'other': {1}}

    assert refusal({0: 5}, {'other'}, hosts).endswith(
        'it is on h0, h1, h2 and 6 more'
    )


@pytest.mark.parametrize('replaced', [{0: 1, 1: 0}, {0: 1, 1: 2, 2: 0}])
def test_replacements_in_a_circle_are_refused(replaced):
    said = refusal(replaced)

    circle = [digest(n) for n in (*replaced, 0)]
    assert f'go round in a circle ({" -> ".join(circle)})' in said
    assert 'Plan each direction by itself' in said


def test_a_circle_is_found_behind_a_document_that_leads_into_it():
    assert 'circle' in refusal({0: 1, 1: 2, 2: 1})


def test_a_document_whose_text_is_not_known_cannot_be_planned():
    one = made.Made((), HOSTS, {0: 5})
    whole = one.change

    with pytest.raises(upgrades.ChangeError, match='is not known'):
        upgrades.Change(whole.hosts, {}, whole.replacements, whole.chosen)


def test_in_a_chain_each_host_goes_one_step():
    one = made.Made((), HOSTS, {0: 1, 1: 2})

    assert one.change.after('h0') == {one.digests[1]}
    assert one.change.after('h1') == {one.digests[1], one.digests[2]}
    assert one.change.after('h2') == {one.digests[2]}


def test_hosts_are_upgraded_that_are_chosen_and_have_an_old_document():
    one = made.Made((), HOSTS, {0: 5}, {'h1', 'h2'})

    assert one.change.upgraded == ('h1',)


def test_nobody_moves_to_a_document_whose_text_is_not_known():
    one = made.Made({(0, 1), (0, 0)}, HOSTS, {0: 5})
    whole = one.change
    documents = {
        d: text for d, text in whole.documents.items() if d != digest(1)
    }
    less = upgrades.Change(
        whole.hosts, documents, whole.replacements, whole.chosen
    )

    assert less.targets(one.digests[0]) == {one.digests[0]}
    assert less.reason(one.digests[0], digest(1)) == 'its text is not known'
