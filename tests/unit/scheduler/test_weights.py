# SPDX-License-Identifier: Apache-2.0
"""What the weigher makes of what the filter has found out."""

import types

import nova.conf
import pytest
from nova.scheduler import weights as nova_weights
from oslo_config import fixture as config_fixture

from nova_migcompat import decision, demand, fleet, targets
from nova_migcompat.conf import filter as options
from nova_migcompat.scheduler import deciding, weights


class Spec:
    """Can be referred to weakly, as a RequestSpec can."""


def host(name, **aggregate):
    return types.SimpleNamespace(
        uuid=name,
        host=name,
        nodename=name,
        aggregates=[types.SimpleNamespace(metadata=aggregate)],
    )


@pytest.fixture
def flags():
    options.register_opts(nova.conf.CONF)
    with config_fixture.Config(nova.conf.CONF) as config:
        yield lambda **values: config.config(group='migcompat', **values)


@pytest.fixture
def weigher(monkeypatch):
    monkeypatch.setattr(deciding, 'REQUESTS', deciding.BySpec())
    return weights.MigrationCompatibilityWeigher()


def having(preferred=(), mixed=()):
    return targets.Having({}, None, frozenset(preferred), frozenset(mixed))


def found(*kinds):
    by_source = {frozenset({str(n)}): each for n, each in enumerate(kinds)}
    decided = decision.Decision((), ())
    names = fleet.Names(frozenset(), {})
    return deciding.Asked(None, demand.Demand(decided, names, {}, by_source))


def order(weigher, asked, *names, hosts=None):
    """Return the names of hosts, the best first."""
    spec = Spec()
    if asked:
        deciding.REQUESTS.keep(spec, asked)
    weighed = nova_weights.HostWeightHandler().get_weighed_objects(
        [weigher], hosts or [host(name) for name in names], spec
    )
    return [each.obj.uuid for each in weighed]


def test_hosts_with_better_documents_come_first_and_mixed_ones_next(
    flags, weigher
):
    asked = found(having(preferred=['a'], mixed=['b']))
    assert order(weigher, asked, 'c', 'b', 'a') == ['a', 'b', 'c']


def test_each_kind_of_device_counts(flags, weigher):
    asked = found(having(['a', 'b']), having(['b'], ['a']))
    assert order(weigher, asked, 'c', 'a', 'b') == ['b', 'a', 'c']


@pytest.mark.parametrize(
    'asked', [None, deciding.Asked(), deciding.Asked(failed=True), found()]
)
def test_where_nothing_is_known_the_order_stays(flags, weigher, asked):
    assert order(weigher, asked, 'c', 'a', 'b') == ['c', 'a', 'b']


def test_what_was_not_asked_makes_no_difference(flags, weigher):
    asked = found(targets.Having({'a': 'a'}))
    assert order(weigher, asked, 'b', 'a') == ['b', 'a']


def test_the_operator_says_how_much_it_counts(flags, weigher):
    asked = found(having(['a']))
    flags(weight_multiplier=-1.0)
    assert order(weigher, asked, 'a', 'b') == ['b', 'a']
    flags(weight_multiplier=0.0)
    assert order(weigher, asked, 'b', 'a') == ['b', 'a']


def test_an_aggregate_overrides_the_option(flags, weigher):
    asked = found(having(['a']))
    hosts = [host('a', migcompat_weight_multiplier='-2'), host('b')]
    assert order(weigher, asked, hosts=hosts) == ['b', 'a']


def test_only_with_a_weigher_is_asked_which_hosts_are_better(monkeypatch):
    monkeypatch.setattr(deciding, 'REQUESTS', deciding.BySpec())
    assert not deciding.REQUESTS.are_weighed
    weights.MigrationCompatibilityWeigher()
    assert deciding.REQUESTS.are_weighed
