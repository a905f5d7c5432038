# SPDX-License-Identifier: Apache-2.0
"""What people are shown of a document and of its digest."""

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.cli import labels


def document(*fields, more=''):
    lines = ''.join(f' {field}\n' for field in fields)
    return descriptor.parse(f'SELF:\n{lines}{more}')


def texts(*documents, problems=()):
    return traits.Texts(
        {each.digest: each for each in documents}, dict(problems)
    )


@pytest.mark.parametrize(
    ('fields', 'words'),
    [
        (
            ['board=10de', 'driver_version=535.129.03', 'mdev_type=nvidia-35'],
            'nvidia-35, driver 535.129.03',
        ),
        (['mdev_type=nvidia-35', 'mdev_type_name="A40 2Q"'], 'A40 2Q'),
        (
            ['device_id=15b3101e', 'driver=mlx5_vfio_pci', 'fw_ver=28.41'],
            'mlx5_vfio_pci 15b3101e, firmware 28.41',
        ),
        (['device_type=ccw', 'software_version=1'], 'ccw, software 1'),
        (
            ['firmware=1', 'software=2', 'interface_version=3'],
            'firmware 1, software 2',
        ),
        (['a=1', 'b=2', 'c=3', 'd=4'], 'a=1, b=2, c=3'),
        (['a="\u202e"'], 'a=\\u202e'),
        ([f'mdev_type={"x" * 40}'], f'{"x" * 31}…'),
    ],
)
def test_a_few_fields_say_what_a_device_is(fields, words):
    assert labels.label(document(*fields)) == words


def test_a_label_is_never_long():
    long = [f'{name}{"x" * 40}="{"y" * 1000}"' for name in 'abc']

    assert len(labels.label(document(*long))) == 64


def test_documents_that_share_a_label_get_the_fields_that_differ():
    alike = [
        document('driver=d', 'firmware=1', f'psid={psid}', 'same=x')
        for psid in ('one', 'two')
    ]
    other = document('driver=d', 'firmware=2')

    found = labels.tell_apart(texts(*alike, other))

    assert found == {
        alike[0].digest: 'd, firmware 1, psid=one',
        alike[1].digest: 'd, firmware 1, psid=two',
        other.digest: 'd, firmware 2',
    }


def test_documents_of_the_same_device_get_their_digests():
    alike = [
        document('driver=d', more=f'COMPATIBLE:\n driver={name}\n')
        for name in ('d', 'e')
    ]

    found = labels.tell_apart(texts(*alike))

    assert found == {d.digest: f'd [{d.digest[:8]}]' for d in alike}


def test_documents_that_cannot_be_read_have_labels_too():
    problems = {'A' * 32: 'no text', 'B' * 32: 'no text'}

    assert labels.tell_apart(texts(problems={'A' * 32: 'no text'})) == {
        'A' * 32: 'text cannot be read'
    }
    assert labels.tell_apart(texts(problems=problems)) == {
        'A' * 32: 'text cannot be read [AAAAAAAA]',
        'B' * 32: 'text cannot be read [BBBBBBBB]',
    }


def test_numbers_in_names_are_sorted_as_numbers():
    names = ['h10', 'h9', 'h', '10', 'h9a', 'i1', f'h{"9" * 40}', '']

    assert sorted(names, key=labels.natural) == [
        '',
        '10',
        'h',
        'h9',
        'h9a',
        'h10',
        f'h{"9" * 40}',
        'i1',
    ]
