# SPDX-License-Identifier: Apache-2.0
"""How sources are loaded and asked."""

import pytest
from oslo_config import cfg

from nova_migcompat.agent import errors, model
from nova_migcompat.agent.sources import base, files, loading, rules, sysfs


class BrokenSource(base.Source):
    def findings(self, hardware):
        raise KeyError('x\ny')


def test_the_built_in_sources_come_in_their_order():
    loaded = loading.load(cfg.ConfigOpts())

    assert [type(source) for _, source in loaded] == [
        files.FilesSource,
        sysfs.SysfsSource,
        rules.RulesSource,
    ]


def test_a_source_that_cannot_be_loaded_stops_the_cycle(monkeypatch):
    def fail(*_arguments):
        raise ImportError('no library\nERROR forged')

    monkeypatch.setattr(sysfs.SysfsSource, '__init__', fail)

    with pytest.raises(errors.AgentError, match="source 'sysfs'") as stopped:
        loading.load(cfg.ConfigOpts())
    assert '\n' not in str(stopped.value)


def test_a_source_that_fails_stops_the_cycle():
    sources = [('broken', BrokenSource(cfg.ConfigOpts()))]

    with pytest.raises(errors.AgentError, match="source 'broken'") as stopped:
        loading.ask(sources, model.Hardware())
    assert '\n' not in str(stopped.value)


def test_a_source_that_cannot_keep_what_it_knows_stops_nothing(caplog):
    kept = []

    class Source(base.Source):
        def findings(self, hardware):
            return ()

        def keep(self):
            if self.conf == 'full':
                raise OSError('x\ny')
            kept.append(self.conf)

    loading.keep(
        [('a', Source('full')), ('b', object()), ('c', Source('room'))]
    )
    assert kept == ['room']
    assert [line[:14] for line in caplog.messages] == [
        "The source 'a'",
        "The source 'b'",
    ]
    assert '\n' not in caplog.messages[0]


def test_each_source_is_asked_in_order():
    name = model.DeviceName('PCI_0000_84_00_0')
    problem = model.Problem(name, '/x', 'wrong')

    class Source(base.Source):
        def findings(self, hardware):
            yield model.Finding(name, self.conf, problem=problem)

    answers = loading.ask([('b', Source('1')), ('a', Source('2'))], None)

    assert [answer.by_name[name].path for answer in answers] == ['1', '2']


def test_a_source_may_stop_the_cycle_in_its_own_words():
    class Source(base.Source):
        def findings(self, hardware):
            raise errors.AgentError('repair it')

    with pytest.raises(errors.AgentError) as stopped:
        loading.ask([('a', Source(None))], model.Hardware())

    assert str(stopped.value) == 'repair it'
