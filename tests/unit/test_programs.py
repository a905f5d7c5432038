# SPDX-License-Identifier: Apache-2.0
"""The programs start their parts, and say which extra is missing."""

import importlib
import importlib.metadata
import sys

import pytest

from nova_migcompat import programs

#: The extra and the module of each program.
STARTS = {
    'nova-migcompat': ('cli', 'nova_migcompat.cli.main'),
    'nova-migcompat-agent': ('agent', 'nova_migcompat.agent.main'),
    'nova-migcompat-status': ('scheduler', 'nova_migcompat.cli.status'),
}


def program(name):
    """Return what the entry point of a program names."""
    (found,) = importlib.metadata.entry_points(
        group='console_scripts', name=name
    )
    return found.load()


@pytest.mark.parametrize('name', STARTS)
def test_a_program_starts_its_part(name, monkeypatch):
    module = importlib.import_module(STARTS[name][1])
    monkeypatch.setattr(module, 'main', lambda: 7)

    assert program(name)() == 7


def without(missing, monkeypatch):
    """Let a module be missing."""

    def fail(_name):
        raise ModuleNotFoundError(f'No module {missing}', name=missing)

    monkeypatch.setattr(programs.importlib, 'import_module', fail)


@pytest.mark.parametrize('name', STARTS)
def test_a_module_that_is_missing_is_one_of_an_extra(
    name, monkeypatch, capsys
):
    called = program(name)
    without('cliff.app', monkeypatch)
    monkeypatch.setattr(sys, 'argv', [f'/usr/bin/{name}'])

    assert called() == programs.MISSING

    said = capsys.readouterr().err
    assert said.startswith(f'{name}: there is no module cliff.app here')
    assert f"'nova-migcompat[{STARTS[name][0]}]'" in said


def test_a_module_of_our_own_that_is_missing_is_a_defect(monkeypatch):
    without('nova_migcompat.gone', monkeypatch)

    with pytest.raises(ModuleNotFoundError):
        programs.agent()
