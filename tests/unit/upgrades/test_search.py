# SPDX-License-Identifier: Apache-2.0
"""Choices that have to be made, and are made once."""

import hypothesis
import pytest
from hypothesis import strategies as st

from nova_migcompat.upgrades import search, space
from tests.unit.upgrades import brute, made

#: Guests on 0 and 1 may go to each other or to 2, those on 2 only to what
#: takes the place of 0 or 1: no step is free, and x or y may go first.
CHOICES = {(0, 1), (0, 2), (1, 0), (1, 2), (2, 3), (2, 4)}
THREE = {'x': frozenset({0}), 'y': frozenset({1}), 'z': frozenset({2})}
REPLACED = {0: 3, 1: 4, 2: 5}

#: No order, and neither the first nor the last is the trouble.
CROSSED = {(11, 13), (12, 14), (13, 11)}
TWO = {'p': frozenset({11}), 'q': frozenset({12, 13})}
CROSSED_REPLACED = {11: 14, 12: 13, 13: 14}


def test_where_no_step_is_free_each_is_tried():
    plan = made.Made(CHOICES, THREE, REPLACED).plan()

    assert plan.exists
    assert brute.Fleet(CHOICES, THREE, REPLACED).fates(plan.order) == {None}


def test_a_choice_that_leads_to_another_choice_is_followed():
    may = {(0, 3), (0, 6), (1, 2), (1, 3), (2, 0), (3, 2)}
    hosts = {f'h{i}': frozenset({i}) for i in range(4)}
    replaced = {0: 4, 1: 5, 2: 6, 3: 5}

    plan = made.Made(may, hosts, replaced).plan()

    assert plan.exists
    assert brute.Fleet(may, hosts, replaced).fates(plan.order) == {None}


@pytest.fixture
def looked_at(monkeypatch):
    """Return the states that are looked into, in order."""
    states = []
    doomed = search.proofs.doomed

    def look(where, state):
        states.append(state)
        return doomed(where, state)

    monkeypatch.setattr(search.proofs, 'doomed', look)
    return states


def undivided():
    one = made.Made(
        CHOICES | CROSSED, THREE | TWO, REPLACED | CROSSED_REPLACED
    )
    kinds = [kind for part in space.parts(one.change) for kind in part.kinds]
    return space.Space(kinds)


def test_no_state_is_looked_into_twice(looked_at):
    found = search.search(undivided(), search.MAX_WORK)

    assert found.exists is False
    assert found.states == 4
    assert len(looked_at) == len(set(looked_at)) <= found.states


def test_parts_that_share_nothing_are_looked_at_one_by_one():
    one = made.Made(
        CHOICES | CROSSED, THREE | TWO, REPLACED | CROSSED_REPLACED
    )
    plan = one.plan()

    assert [len(part.kinds) for part in space.parts(one.change)] == [3, 2]
    assert plan.exists is False
    assert plan.states == 4
    assert plan.proof.hosts == ('p', 'q')
    assert not any(step.is_stuck for step in plan.steps[:3])


def test_what_a_host_that_is_not_upgraded_takes_needs_no_search():
    one = made.Made({(0, 0)}, {'a': {0}, 'b': {0}}, {0: 1}, {'a'})

    (part,) = space.parts(one.change)
    (kind,) = part.kinds
    assert kind.needs == ()


def many_choices(data):
    """Draw hosts of one document each, all replaced: the most choices."""
    count = data.draw(st.integers(3, 7))
    old = st.integers(0, count - 1)
    new = st.integers(count, count + 2)
    pairs = st.tuples(old, old | new).filter(lambda p: p[0] != p[1])
    may = data.draw(st.frozensets(pairs, min_size=count, max_size=3 * count))
    hosts = {f'h{i}': frozenset({i}) for i in range(count)}
    replaced = {i: data.draw(new) for i in range(count)}

    return may, hosts, replaced


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(st.data())
def test_where_every_guest_needs_another_host_choices_are_right(data):
    may, hosts, replaced = many_choices(data)

    plan = made.Made(may, hosts, replaced).plan()

    assert plan.exists == brute.reachable(may, hosts, replaced, set(hosts))


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(st.data(), st.integers(0, 20))
def test_a_search_that_is_given_up_never_says_what_is_not_so(data, work):
    may, hosts, replaced = many_choices(data)

    plan = made.Made(may, hosts, replaced).plan(max_work=work)

    assert sorted(plan.order) == sorted(hosts)
    assert (plan.exists is not True) == any(s.is_stuck for s in plan.steps)
    if plan.exists is not None:
        exists = brute.reachable(may, hosts, replaced, set(hosts))
        assert plan.exists == exists
