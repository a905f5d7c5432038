# SPDX-License-Identifier: Apache-2.0
"""Orders and proofs are held to going through all of them.

Fleets of few hosts, guest by guest and way by way; of more hosts, by every
set of hosts that may have been upgraded.
"""

import hypothesis
from hypothesis import strategies as st

from nova_migcompat import upgrades
from tests.unit.upgrades import brute, made

DOCUMENTS = 6
number = st.integers(0, DOCUMENTS - 1)


@st.composite
def fleets(draw, most_hosts, most_pairs):
    """Draw an upgrade in which every old document is on a chosen host."""
    pairs = st.tuples(number, number)
    may = draw(st.frozensets(pairs, max_size=most_pairs))
    own = st.frozensets(number, min_size=1, max_size=2)
    sets = draw(st.lists(own, min_size=1, max_size=most_hosts))
    hosts = {f'h{i}': one for i, one in enumerate(sets)}
    chosen = draw(st.sets(st.sampled_from(sorted(hosts)), min_size=1))
    olds = {d for h in chosen for d in hosts[h] if d < DOCUMENTS - 1}
    hypothesis.assume(olds)
    replaced = {
        old: draw(st.integers(old + 1, DOCUMENTS - 1))
        for old in draw(st.sets(st.sampled_from(sorted(olds)), min_size=1))
    }
    return made.Made(may, hosts, replaced, chosen), may


few = fleets(most_hosts=4, most_pairs=8)
more = fleets(most_hosts=8, most_pairs=14)
thorough = hypothesis.settings(deadline=None, max_examples=200)


def after(one, host):
    return {one.replaced.get(d, d) for d in one.hosts[host]}


@thorough
@hypothesis.given(few)
def test_an_order_exists_where_one_is_among_all_orders_and_ways(drawn):
    one, may = drawn
    fleet = brute.Fleet(may, one.hosts, one.replaced)

    assert one.plan().exists == fleet.exists(one.chosen)


@thorough
@hypothesis.given(few)
def test_no_guest_is_stuck_in_the_order_whichever_way_guests_go(drawn):
    one, may = drawn
    plan = one.plan()
    fleet = brute.Fleet(may, one.hosts, one.replaced)

    stuck = [s for s in plan.steps if s.is_stuck]
    assert bool(stuck) != plan.exists
    if plan.exists:
        assert fleet.fates(plan.order) == {None}
    else:
        before = plan.steps[: plan.steps.index(stuck[0])]
        done = sum(len(step.hosts) for step in before)
        assert fleet.fates(plan.order) == {done}


@thorough
@hypothesis.given(more)
def test_more_hosts_are_planned_as_if_every_set_of_them_were_tried(drawn):
    one, may = drawn

    exists = brute.reachable(may, one.hosts, one.replaced, one.chosen)

    assert one.plan().exists == exists


@thorough
@hypothesis.given(more)
def test_each_step_says_where_its_guests_may_go_then(drawn):
    one, may = drawn
    current = {host: set(own) for host, own in one.hosts.items()}
    plan = one.plan()

    for step in plan.steps:
        seen = []
        for host in step.hosts:
            seen.append(
                {
                    old: counts_elsewhere(current, host, old, may)
                    for old in one.hosts[host] & one.replaced.keys()
                }
            )
            current[host] = after(one, host)
        for move in step.moves:
            old = one.number_of[move.source]
            said = {one.number_of[d]: n for d, n in move.targets.items()}
            for one_seen in seen:
                assert one_seen.keys() == {
                    one.number_of[m.source] for m in step.moves
                }
                assert one_seen[old].keys() == said.keys()
            for number, count in said.items():
                assert count == min(s[old][number] for s in seen)
            assert bool(move.stuck) == (not said)
    assert sorted(plan.order) == sorted(
        h for h in one.chosen if one.hosts[h] & one.replaced.keys()
    )


def counts_elsewhere(current, host, old, may):
    """Count the other hosts that have each document that a guest may get."""
    found = {}
    for other, own in current.items():
        for document in own:
            if other != host and (old, document) in may:
                found[document] = found.get(document, 0) + 1
    return found


@thorough
@hypothesis.given(more)
def test_a_proof_holds_for_each_of_its_hosts(drawn):
    one, may = drawn
    plan = one.plan()
    hypothesis.assume(plan.proof and plan.proof.way != 'search')
    proof = plan.proof

    stuck = set()
    for host in proof.hosts:
        there = set()
        for other, own in one.hosts.items():
            if other == host:
                continue
            if other not in one.chosen:
                there |= own
            elif other not in proof.hosts:
                there |= own | after(one, other)
            else:
                there |= after(one, other) if proof.way == 'last' else own
        own_stuck = {
            old
            for old in one.hosts[host] & one.replaced.keys()
            if not any((old, d) in may for d in there)
        }
        assert own_stuck
        stuck |= own_stuck
    assert {one.number_of[g.source] for g in proof.guests} <= stuck


@thorough
@hypothesis.given(more)
def test_where_no_order_exists_there_is_a_proof_and_else_none(drawn):
    one, _ = drawn
    plan = one.plan()

    assert (plan.proof is None) == plan.exists


@thorough
@hypothesis.given(more)
def test_dead_ends_are_guests_that_no_other_host_may_take(drawn):
    one, may = drawn
    plan = one.plan()
    current = {host: set(own) for host, own in one.hosts.items()}
    states = [dict(current)]
    for step in plan.steps:
        for host in step.hosts:
            current[host] = after(one, host)
        states.append(dict(current))

    def dead(state, number):
        return {
            host
            for host, own in state.items()
            if number in own and not counts_elsewhere(state, host, number, may)
        }

    news = set(one.replaced.values())
    for number in one.numbers:
        ends = [e for e in plan.dead_ends if one.number_of[e.digest] == number]
        for end in ends:
            assert set(end.hosts) == dead(states[end.since], number)
            assert end.until is None or not dead(states[end.until], number)
        if number in news:
            for done in range(1, len(states)):
                assert bool(dead(states[done], number)) == any(
                    end.since <= done and (end.until or len(states)) > done
                    for end in ends
                )
        else:
            first, last = dead(states[0], number), dead(states[-1], number)
            assert bool(ends) == (not last <= first)


@thorough
@hypothesis.given(more)
def test_pairs_are_lost_and_gained_where_hosts_could_and_can(drawn):
    one, may = drawn
    final = {
        host: after(one, host) if host in one.chosen else own
        for host, own in one.hosts.items()
    }

    def pairs(state):
        return {
            (source, target)
            for source, target in may
            for host, own in state.items()
            for other, others in state.items()
            if host != other and source in own and target in others
        }

    found = upgrades.changed_pairs(one.change)

    def said(kind):
        return {
            (one.number_of[p.source], one.number_of[p.target])
            for p in found
            if p.kind == kind
        }

    before, now = pairs(one.hosts), pairs(final)
    assert said('lost') == before - now
    assert said('gained') == now - before
    assert said('changed') == {
        pair
        for pair in before & now
        if counts(one.hosts, pair) != counts(final, pair)
    }
    for pair in found:
        numbers = [one.number_of[d] for d in (pair.source, pair.target)]
        assert pair.before == counts(one.hosts, numbers)
        assert pair.after == counts(final, numbers)


def counts(state, pair):
    """Count the hosts that have each document of a pair."""
    return tuple(sum(n in own for own in state.values()) for n in pair)


def test_what_no_set_of_hosts_shows_is_proved_by_going_through_all():
    # The guest on 2 must leave h1 after h0 has been upgraded, the guest on 3
    # before.
    one = made.Made(
        {(1, 3), (2, 4), (3, 1)},
        {'h0': frozenset({1}), 'h1': frozenset({2, 3})},
        {1: 4, 2: 3, 3: 4},
    )
    plan = one.plan()

    assert plan.exists is False
    assert (plan.proof.way, plan.proof.states) == ('search', 2)
    assert 'every order of h0, h1 was gone through (2 states' in str(
        plan.proof
    )


def test_a_search_that_is_given_up_says_neither_yes_nor_no():
    one = made.Made(
        {(1, 3), (2, 4), (3, 1)},
        {'h0': frozenset({1}), 'h1': frozenset({2, 3})},
        {1: 4, 2: 3, 3: 4},
    )
    plan = one.plan(max_work=1)

    assert (plan.exists, plan.proof) == (None, None)
    assert sorted(plan.order) == ['h0', 'h1']
