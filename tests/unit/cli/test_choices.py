# SPDX-License-Identifier: Apache-2.0
"""The options by which a command decides as a scheduler does."""

import argparse

import pytest

from nova_migcompat import decision
from nova_migcompat.cli import base, choices
from nova_migcompat.conf import filter as filter_conf

OPTIONS = {option.dest: option for option in filter_conf.OPTS}
NOVA_CONF = """\
[DEFAULT]
transport_url = fake://

[migcompat]
direction = both
unlisted_fields = ignore
unknown_target = pass
equal_fields = mdev_type
mdev_resource_classes = CUSTOM_GPU
max_documents = 7
"""


def parser(add=choices.add_arguments):
    made = argparse.ArgumentParser(exit_on_error=False)
    add(made)
    return made


def read(*arguments):
    return choices.read(parser().parse_args(arguments))


@pytest.fixture
def nova_conf(tmp_path):
    def write(text=NOVA_CONF, name='nova.conf'):
        path = tmp_path / name
        path.write_text(text)
        return ('--nova-conf', str(path))

    return write


@pytest.mark.parametrize(
    'name',
    [
        'direction',
        'unlisted_fields',
        'unknown_source',
        'unknown_target',
        'pci_claim',
    ],
)
def test_an_option_has_the_answers_and_the_default_of_the_schedulers(name):
    [action] = [a for a in parser()._actions if a.dest == name]
    option = OPTIONS[name]

    assert set(action.choices) == set(option.type.choices)
    assert f'(default: {option.default})' in action.help


def test_without_options_it_is_what_a_nova_conf_without_any_says(nova_conf):
    assert read() == read(*nova_conf('[migcompat]\n'))


def test_a_nova_conf_counts_and_what_is_given_overrides_it(nova_conf):
    found = read(*nova_conf())

    assert found.policy == decision.Policy(
        'both', 'ignore', ('mdev_type',), unknown_target='pass'
    )
    assert found.limits.documents == 7
    assert found.mdev_classes == {'VGPU', 'CUSTOM_GPU'}

    found = read(
        *nova_conf(),
        *('--direction', 'source', '--equal-field', 'a'),
        *('--equal-field', 'b', '--mdev-class', 'CUSTOM_B'),
    )

    assert found.policy == decision.Policy(
        'source', 'ignore', ('a', 'b'), unknown_target='pass'
    )
    assert found.limits.documents == 7
    assert found.mdev_classes == {'VGPU', 'CUSTOM_B'}


def test_of_several_files_the_last_counts(nova_conf):
    found = read(
        *nova_conf(), *nova_conf('[migcompat]\ndirection=target', 'b')
    )

    assert found.policy.direction == 'target'
    assert found.policy.unlisted_fields == 'ignore'


def test_what_decides_pairs_is_read_from_the_same_file(nova_conf):
    made = parser(choices.add_pair_arguments)

    found = choices.read_policy(
        made.parse_args([*nova_conf(), '--unlisted-fields', 'reject'])
    )

    assert (found.direction, found.unlisted_fields) == ('both', 'reject')


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('[migcompat]\ndirection = sideways\n', 'direction'),
        ('[migcompat]\ntrusted_documents = /none\n', '/none'),
        ('direction\n', 'nova.conf'),
    ],
)
def test_a_file_that_cannot_be_used_is_a_bad_input(nova_conf, text, words):
    with pytest.raises(base.InputError, match=words):
        read(*nova_conf(text))


@pytest.mark.parametrize(
    'text', ['', 'VGPU', 'GPU', 'CUSTOM_', 'CUSTOM_a', f'CUSTOM_{"A" * 249}']
)
def test_what_is_no_resource_class_is_refused_as_in_nova_conf(text):
    with pytest.raises(argparse.ArgumentError, match='no resource class'):
        parser().parse_args(['--mdev-class', text])
    with pytest.raises(ValueError):
        OPTIONS['mdev_resource_classes'].type([text])


@pytest.mark.parametrize('text', ['a', '_', 'a.b-1', 'A' * 64])
def test_a_field_s_name_is_one_as_in_nova_conf(text):
    assert choices.field_name(text) == text
    assert OPTIONS['equal_fields'].type([text]) == [text]


@pytest.mark.parametrize('text', ['', '1', 'a b', 'a=', 'A' * 65])
def test_what_is_no_field_s_name_is_refused_as_in_nova_conf(text):
    with pytest.raises(argparse.ArgumentTypeError):
        choices.field_name(text)
    with pytest.raises(ValueError):
        OPTIONS['equal_fields'].type([text])
