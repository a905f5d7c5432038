# SPDX-License-Identifier: Apache-2.0
"""Folders that the agent's user may not enter: never taken for empty ones."""

import os
import pathlib

import pytest
from oslo_config import cfg

from nova_migcompat.agent import (
    errors,
    folder,
    main,
    model,
    nova_conf,
    provider,
)
from nova_migcompat.agent.sources import files, rules
from nova_migcompat.conf import agent as agent_conf


@pytest.fixture(autouse=True)
def denied(tmp_path, monkeypatch):
    """Return a folder that may not be entered.

    As root, who runs tests in containers, may enter any, this is made up.
    Path.exists is that of Python 3.14.
    """
    path = tmp_path / 'denied'

    def refuse(real):
        def call(name, *arguments, **options):
            if str(name).startswith(f'{path}/'):
                raise PermissionError(13, 'Permission denied', str(name))
            return real(name, *arguments, **options)

        return call

    for name in ('stat', 'lstat', 'open', 'listdir', 'scandir'):
        monkeypatch.setattr(os, name, refuse(getattr(os, name)))
    monkeypatch.setattr(pathlib.Path, 'exists', os.path.exists)
    return path


@pytest.fixture
def conf(denied):
    conf = cfg.ConfigOpts()
    agent_conf.register_opts(conf)
    conf([])
    for name in ('devices_folder', 'rules_folder'):
        conf.set_override(name, str(denied / name), group='agent')
    return conf


@pytest.mark.parametrize(
    ('source', 'name'),
    [
        (files.FilesSource, 'devices_folder'),
        (rules.RulesSource, 'rules_folder'),
    ],
)
def test_a_folder_of_an_operator_is_named(denied, conf, source, name):
    with pytest.raises(errors.AgentError) as stopped:
        list(source(conf).findings(model.Hardware()))

    assert str(denied / name) in str(stopped.value)
    assert 'cannot be read: Permission denied' in str(stopped.value)
    assert 'nothing was changed' in str(stopped.value)


def test_the_agents_own_options_are_not_taken_for_missing(
    denied, monkeypatch, capsys
):
    path = denied / 'agent.conf'
    monkeypatch.setattr(main, 'CONFIG_FILE', str(path))

    assert main.main(['--once']) == main.USAGE
    assert f"Permission denied: '{path}'" in capsys.readouterr().err


def test_novas_options_are_not_taken_for_missing(denied):
    path = denied / 'nova.conf'

    with pytest.raises(errors.AgentError, match=f"Permission denied: '{path}"):
        nova_conf.read([str(path)], pathlib.Path('/sys'))


def test_the_compute_id_is_not_taken_for_missing(denied):
    path = denied / 'compute_id'

    with pytest.raises(errors.AgentError, match=f'{path}.*Permission denied'):
        provider.compute_id([denied])


def test_the_lock_is_not_taken_for_missing(denied):
    with pytest.raises(errors.AgentError, match=r'lock cannot be read: Perm'):
        folder.has_lock(denied)
