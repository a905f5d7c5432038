# SPDX-License-Identifier: Apache-2.0
"""Candidates by arithmetic; a real Placement is asked in tests/functional."""

import time

from nova_migcompat import placement

Group = placement.Group


def tree(**free):
    """A host whose providers have that much of a class, and a trait each."""
    return {
        name: placement.Stock({'VF': amount}, frozenset({f'IS_{name}'}))
        for name, amount in free.items()
    }


def functions(count, required=()):
    """One function a group, as Nova asks for those of an alias."""
    return {
        f'_{number}': Group({'VF': 1}, tuple(required))
        for number in range(count)
    }


def found(groups, host, isolate=False):
    return list(placement.Reckoner(groups, isolate=isolate).candidates(host))


def test_a_candidate_is_written_down_as_placement_does():
    host = {
        'root': placement.Stock({'MEMORY_MB': 8}, frozenset()),
        'gpu': placement.Stock({'VGPU': 2}, frozenset()),
    }
    groups = {'': Group({'MEMORY_MB': 4, 'VGPU': 1}), '1': Group({'VGPU': 1})}

    assert found(groups, host) == [
        {
            'allocations': {
                'root': {'resources': {'MEMORY_MB': 4}},
                'gpu': {'resources': {'VGPU': 2}},
            },
            'mappings': {'': ['gpu', 'root'], '1': ['gpu']},
        }
    ]


def test_each_way_is_a_candidate():
    ways = found(functions(2), tree(a=2, b=1))
    assert [way['mappings'] for way in ways] == [
        {'_0': ['a'], '_1': ['a']},
        {'_0': ['a'], '_1': ['b']},
        {'_0': ['b'], '_1': ['a']},
    ]
    assert len(found(functions(2), tree(a=2, b=1), isolate=True)) == 2


def test_of_groups_of_one_kind_it_does_not_matter_which_has_what():
    """Eight functions of four PFs: 165 candidates, and not 65,536."""
    groups = {**functions(8), '1': Group({'VF': 1}), '2': Group({'VF': 1})}
    kinds = {**dict.fromkeys(functions(8), 'vf'), '1': '', '2': ''}
    host = tree(a=8, b=8, c=8, d=8)
    vfs = placement.Reckoner(functions(8), kinds=kinds)
    assert len(list(vfs.candidates(host))) == 165
    assert not vfs.is_cut

    few = {k: groups[k] for k in ('_0', '1', '_1', '2')}
    plain, counted = (
        list(placement.Reckoner(few, kinds=k).candidates(tree(a=2, b=2)))
        for k in (None, kinds)
    )
    assert len(plain) == 6
    assert [way['mappings'] for way in counted] == [
        {'_0': ['a'], '1': ['a'], '_1': ['b'], '2': ['b']},
        {'_0': ['a'], '1': ['b'], '_1': ['a'], '2': ['b']},
        {'_0': ['b'], '1': ['a'], '_1': ['b'], '2': ['a']},
    ]


def test_groups_of_one_kind_that_ask_for_something_else_are_told_apart():
    groups = {'_0': Group({'VF': 1}), '_1': Group({'VF': 1}, ('IS_a',))}
    kinds = dict.fromkeys(groups, 'vf')
    reckoner = placement.Reckoner(groups, kinds=kinds)
    ways = [w['mappings'] for w in reckoner.candidates(tree(a=2, b=1))]
    assert ways == [{'_1': ['a'], '_0': ['a']}, {'_1': ['a'], '_0': ['b']}]


def test_classes_that_many_providers_have_take_no_time_without_end():
    host = {
        f'{kind}{n}': placement.Stock({kind: 1}, frozenset())
        for kind in 'abc'
        for n in range(100)
    }
    for required in ((), ('MISSING',)):
        groups = {'': Group(dict.fromkeys('abc', 1), required)}
        reckoner = placement.Reckoner(groups)
        started = time.process_time()
        first = next(reckoner.candidates(host), None)
        assert time.process_time() - started < 1
        assert (first is None) == bool(required)
        assert reckoner.is_cut


def test_who_has_the_least_choice_does_not_come_too_late():
    """Twelve functions are free, one of them the only one of its kind."""
    groups = {**functions(11), 'last': Group({'VF': 1}, ('IS_b',))}
    reckoner = placement.Reckoner(groups)
    first = next(reckoner.candidates(tree(a=11, b=1)))
    assert first['mappings']['last'] == ['b']
    assert not reckoner.is_cut


def test_what_cannot_be_is_told_from_amounts_alone():
    """However many orders there are in which it could be tried."""
    reckoner = placement.Reckoner(functions(30))
    assert next(reckoner.candidates(tree(a=15, b=14)), None) is None
    isolated = placement.Reckoner(functions(9), isolate=True)
    eight = tree(**{f'p{n}': 16 for n in range(8)})
    assert next(isolated.candidates(eight), None) is None
    assert not reckoner.is_cut
    assert not isolated.is_cut


def test_where_ways_are_too_many_it_ends_and_says_so():
    reckoner = placement.Reckoner(functions(12))
    host = tree(a=12, b=12, c=12)
    started = time.process_time()

    ways = list(reckoner.candidates(host))

    assert reckoner.is_cut
    assert 0 < len(ways) < placement.MOST_STEPS < 3**12
    assert time.process_time() - started < 5


def test_what_only_trying_could_tell_ends_too():
    """Amounts and providers would do, but no two groups fit on one."""
    groups = {str(n): Group({'VF': 3}) for n in range(7)}
    host = tree(**{f'p{n}': 5 for n in range(6)})

    reckoner = placement.Reckoner(groups)
    assert next(reckoner.candidates(host), None) is None
    assert reckoner.is_cut

    # Those that are alike are not tried in every order.
    kinds = dict.fromkeys(groups, 'VF')
    reckoner = placement.Reckoner(groups, kinds=kinds)
    assert next(reckoner.candidates(host), None) is None
    assert not reckoner.is_cut


def test_what_is_overdrawn_in_one_place_is_not_missed_in_another():
    host = {
        'a': placement.Stock({'X': 1, 'VGPU': -3}, frozenset()),
        'b': placement.Stock({'VGPU': 2}, frozenset()),
    }
    groups = {'': Group({'X': 1}), '1': Group({'VGPU': 1})}
    [found_one] = found(groups, host)
    assert found_one['mappings'] == {'': ['a'], '1': ['b']}


def test_more_groups_than_calls_may_be_nested_are_no_error():
    assert next(placement.Reckoner(functions(2000)).candidates(tree(a=2000)))[
        'allocations'
    ] == {'a': {'resources': {'VF': 2000}}}
