# SPDX-License-Identifier: Apache-2.0
"""What a plan says, on fleets that can be followed by hand."""

from nova_migcompat import descriptor, upgrades
from tests.unit.upgrades import made

OLD, NEW, OTHER = 0, 1, 2


def fleet(count, **more):
    return {f'h{i}': {OLD} for i in range(count)} | more


def shown(one, plan):
    """Return the steps as hosts and numbers of documents."""
    return [
        (
            step.hosts,
            [
                (
                    one.number_of[m.source],
                    {one.number_of[d]: n for d, n in m.targets.items()},
                )
                for m in step.moves
            ],
        )
        for step in plan.steps
    ]


def test_alike_hosts_are_one_step_for_as_long_as_the_answers_are_alike():
    one = made.Made({(OLD, OLD), (OLD, NEW), (NEW, NEW)}, fleet(5), {OLD: NEW})
    plan = one.plan()

    assert plan.exists
    assert shown(one, plan) == [
        (('h0',), [(OLD, {OLD: 4})]),
        (('h1', 'h2', 'h3'), [(OLD, {OLD: 1, NEW: 1})]),
        (('h4',), [(OLD, {NEW: 4})]),
    ]


def test_the_last_old_host_is_stuck_where_old_guests_may_not_go_to_new():
    one = made.Made({(OLD, OLD), (NEW, NEW)}, fleet(3), {OLD: NEW})
    plan = one.plan()

    assert plan.exists is False
    assert shown(one, plan) == [
        (('h0', 'h1'), [(OLD, {OLD: 1})]),
        (('h2',), [(OLD, {})]),
    ]
    old, new = one.digests[OLD], one.digests[NEW]
    assert str(plan.proof) == (
        'No order exists: whichever of h0, h1, h2 is the last of them to be '
        'emptied, all of the others have been upgraded by then, and a guest '
        f'on {old} can go nowhere (not to {new}: source object 1, id: '
        "'1', allowed {v:int:0})."
    )


def test_where_only_new_may_take_the_guests_the_first_host_is_stuck():
    one = made.Made({(OLD, NEW)}, fleet(3), {OLD: NEW})
    plan = one.plan()

    assert plan.exists is False
    assert shown(one, plan) == [
        (('h0',), [(OLD, {})]),
        (('h1', 'h2'), [(OLD, {NEW: 1})]),
    ]
    assert 'is the first of them to be emptied, none of the others ' in str(
        plan.proof
    )


def test_of_what_does_not_help_what_is_most_alike_is_named_first():
    texts = ('a=1\n b=1', 'a=9\n b=9', 'a=1\n b=2', 'a=2\n b=2', 'a=3\n b=3')
    documents = [descriptor.parse(f'SELF:\n {one}\n') for one in texts]
    old, new, *others = (d.digest for d in documents)
    hosts = {
        f'h{i}': frozenset({d}) for i, d in enumerate((old, old, *others))
    }
    change = upgrades.Change(
        hosts,
        {d.digest: d for d in documents},
        {old: new},
        frozenset({'h0', 'h1'}),
    )

    plan = upgrades.plan(change)

    (step,) = plan.steps
    named = [digest for digest, _ in step.moves[0].stuck.reasons]
    assert named == [new, old, others[0]]
    assert step.moves[0].stuck.more == 2


def test_a_host_that_is_not_upgraded_may_take_them_all():
    one = made.Made({(OLD, OLD)}, fleet(3), {OLD: NEW}, {'h0', 'h1'})
    plan = one.plan()

    assert plan.exists
    assert plan.order == ('h0', 'h1')


def test_a_lonely_host_is_stuck_at_any_time():
    one = made.Made({(OLD, OLD)}, {'h0': {OLD}}, {OLD: NEW})
    plan = one.plan()

    assert plan.exists is False
    assert plan.proof.hosts == ('h0',)
    assert str(plan.proof) == (
        'No order exists: h0 cannot be emptied at any time. As to what other '
        f'hosts ever have, a guest on {one.digests[OLD]} can go nowhere (no '
        'other host has any document).'
    )


def test_of_many_documents_that_do_not_help_a_few_are_named():
    others = {f'o{i}': {10 + i} for i in range(6)}
    one = made.Made((), {'h0': {OLD}} | others, {OLD: NEW}, {'h0'})
    (step,) = one.plan().steps

    (move,) = step.moves
    assert (len(move.stuck.reasons), move.stuck.more) == (3, 3)
    assert len(move.stuck.why) == 4
    assert move.stuck.why[-1] == 'not to 3 other documents'


def test_a_proof_leaves_out_hosts_that_have_nothing_to_do_with_it():
    one = made.Made(
        {(0, 0), (0, 5), (1, 1)},
        {'a': {0}, 'b': {0}, 'c': {1}, 'd': {1}},
        {0: 5, 1: 6},
    )
    plan = one.plan()

    assert plan.proof.hosts == ('c', 'd')


def test_the_host_that_takes_others_guests_goes_last():
    # Guests on 0 may go to 1 only, those on 1 to what takes the place of 0.
    one = made.Made({(0, 1), (1, 5)}, {'a': {1}, 'b': {0}}, {0: 5, 1: 6})
    plan = one.plan()

    assert plan.exists
    assert plan.order == ('b', 'a')


def test_guests_that_cannot_leave_new_hosts_until_others_follow_are_told():
    one = made.Made({(OLD, OLD), (OLD, NEW), (NEW, NEW)}, fleet(4), {OLD: NEW})

    (end,) = one.plan().dead_ends

    assert (one.number_of[end.digest], end.hosts) == (NEW, ('h0',))
    assert (end.since, end.until) == (1, 2)


def test_guests_that_can_never_leave_new_hosts_are_told():
    one = made.Made({(OLD, OLD), (OLD, NEW)}, fleet(3), {OLD: NEW})

    (end,) = one.plan().dead_ends

    assert one.number_of[end.digest] == NEW
    assert (end.since, end.until) == (1, None)
    assert end.guest.reasons[0] == (
        one.digests[OLD],
        'the source document has no COMPATIBLE object',
    )


def test_guests_on_what_is_not_replaced_may_lose_their_last_way():
    one = made.Made(
        {(OLD, NEW), (OLD, OLD), (NEW, NEW), (OTHER, OLD)},
        fleet(2, other={OTHER}),
        {OLD: NEW},
    )

    ends = [
        (one.number_of[e.digest], e.hosts, e.until)
        for e in one.plan().dead_ends
    ]

    assert (OTHER, ('other',), None) in ends


def test_a_pair_that_is_lost_says_what_takes_its_place():
    one = made.Made(
        {(OLD, OLD), (OLD, OTHER), (NEW, NEW)},
        fleet(2, other={OTHER}),
        {OLD: NEW},
    )
    old, new, other = (one.digests[n] for n in (OLD, NEW, OTHER))

    found = {
        (p.kind, p.source, p.target): p
        for p in upgrades.changed_pairs(one.change)
    }

    assert set(found) == {
        ('lost', old, old),
        ('lost', old, other),
        ('gained', new, new),
    }
    lost = found['lost', old, other]
    assert (lost.before, lost.after) == ((2, 1), (0, 1))
    assert lost.why.startswith(f'instead, {new} may not move to {other}: sou')
    assert not lost.replaced
    assert found['lost', old, old].replaced
    assert found['lost', old, old].why == f'instead, {new} may move to {new}'
    assert found['gained', new, new].why == (
        f'before, {old} could move to {old}'
    )


def test_where_some_hosts_keep_the_old_document_there_are_fewer_pairs():
    one = made.Made(
        {(OLD, OLD), (OLD, OTHER), (NEW, OTHER)},
        fleet(3, other={OTHER}),
        {OLD: NEW},
        {'h0'},
    )
    old, new, other = (one.digests[n] for n in (OLD, NEW, OTHER))

    found = {
        (p.kind, p.source, p.target, p.before, p.after, p.replaced)
        for p in upgrades.changed_pairs(one.change)
    }

    assert found == {
        ('changed', old, old, (3, 3), (2, 2), False),
        ('changed', old, other, (3, 1), (2, 1), True),
        ('gained', new, other, (0, 1), (1, 1), True),
    }


def test_hosts_keep_the_order_in_which_they_are_given():
    one = made.Made(
        {(OLD, OLD), (OLD, NEW)}, {'h9': {OLD}, 'h10': {OLD}}, {OLD: NEW}
    )

    assert one.plan().order == ('h9', 'h10')


def test_two_documents_of_one_host_must_both_find_a_place():
    one = made.Made(
        {(0, 1), (2, 2), (2, 6)},
        {'a': {0, 2}, 'b': {1}, 'c': {2}},
        {0: 5, 2: 6},
    )
    plan = one.plan()

    assert plan.exists
    (step,) = (step for step in plan.steps if step.hosts == ('a',))
    assert {
        one.number_of[m.source]: {one.number_of[d] for d in m.targets}
        for m in step.moves
    } == {0: {1}, 2: {2}}
