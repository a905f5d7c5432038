# SPDX-License-Identifier: Apache-2.0
"""The source ``sysfs`` on trees of files (FORMAT.md section 7)."""

import pathlib

import pytest
from oslo_config import cfg

from nova_migcompat import descriptor
from nova_migcompat.agent import hardware, model
from nova_migcompat.agent.sources import sysfs
from tests import fake_sysfs
from tests.fake_sysfs import files

ADDRESS = '0000:81:00.1'
TEXT = 'SELF:\n name=x\n'


@pytest.fixture
def tree(tmp_path):
    return fake_sysfs.FakeSysfs(tmp_path / 'sys')


@pytest.fixture
def device(tree):
    """Return the folder of a VF without a document."""
    return tree.function(ADDRESS, 'acme_vfio_pci')


def findings(tree):
    source = sysfs.SysfsSource(cfg.ConfigOpts())
    return list(source.findings(hardware.scan(tree.root)))


def only(tree):
    (finding,) = findings(tree)
    return finding


def place(finding):
    """Return the file's name, line and column of a finding's problem."""
    problem = finding.problem
    return pathlib.Path(problem.path).name, problem.line, problem.column


def test_a_device_that_says_nothing_is_not_found(tree, device):
    assert findings(tree) == []


def test_a_whole_document_stands_in_migration_compatible(tree, device):
    files(device, migration_compatible=TEXT)

    finding = only(tree)

    assert finding.device == model.DeviceName('PCI_0000_81_00_1')
    assert finding.document == descriptor.parse(TEXT)
    assert finding.path.endswith(f'{ADDRESS}/migration_compatible')
    assert finding.warnings == ()


def test_self_and_compatible_may_be_files_of_lines(tree, device):
    files(
        device / 'migration',
        self='name=x\n# a comment\nv=1\n',
        compatible='name=x\nv={v:int:1..3}',
        compatible1='name=y\nv=1\n',
    )

    assert only(tree).document == descriptor.parse(
        'SELF:\nname=x\nv=1\n'
        'COMPATIBLE:\nname=x\nv={v:int:1..3}\n'
        'COMPATIBLE:\nname=y\nv=1\n'
    )


def test_self_and_compatible_may_be_folders_of_a_file_per_field(tree, device):
    files(
        device / 'migration',
        self={'name': 'x\n', 'Version': '1', 'empty': ''},
        compatible={'name': '{n:string:x,y}\n', 'Version': '1\n', '_a': '\n'},
    )

    assert only(tree).document.canonical == (
        'SELF:\n\tVersion="1"\n\tname="x"\n'
        'COMPATIBLE:\n\tVersion="1"\n\t_a=""\n\tname={n:string:"x","y"}\n'
    )


def test_compatible_objects_come_in_the_order_of_their_numbers(tree, device):
    files(
        device / 'migration',
        self='v=0\n',
        compatible10='v=10\n',
        compatible2={'v': '2'},
        compatible='v=0\n',
        compatible1='v=1\n',
    )

    document = only(tree).document

    assert [o.fields['v'] for o in document.compatible] == [
        '0',
        '1',
        '2',
        '10',
    ]


def test_what_only_looks_like_a_compatible_object_is_a_warning(tree, device):
    files(device / 'migration', self='v=0\n', compatible01='v=1\n', uevent='')

    finding = only(tree)

    assert finding.document.compatible == ()
    assert finding.warnings == ("'compatible01' in it does not count",)


def test_migration_compatible_wins_over_migration_with_a_warning(tree, device):
    files(device, migration_compatible=TEXT)
    files(device / 'migration', self='name=y\n')

    finding = only(tree)

    assert finding.document == descriptor.parse(TEXT)
    assert finding.warnings == ('migration/ beside it does not count',)


def test_a_broken_migration_compatible_wins_too(tree, device):
    files(device, migration_compatible='nonsense')
    files(device / 'migration', self='name=y\n')

    assert only(tree).problem is not None


def test_types_and_mdevs_of_a_parent_have_documents_of_their_own(tree):
    folder = tree.function('0000:00:02.0', 'i915')
    types = tree.mdev_parent(folder, 'V5_4', 'V5_8')
    mdev = tree.mdev(folder, 'V5_4', '882cc4da-dede-11e7-9180-078a62063ab1')
    files(types / 'V5_4', migration_compatible='SELF:\n v=4\n')
    files(types / 'V5_8' / 'migration', self='v=8\n')
    files(mdev, migration_compatible='SELF:\n v=41\n')

    found = {f.device: f.document.self_object['v'] for f in findings(tree)}

    parent = 'PCI_0000_00_02_0'
    assert found == {
        model.DeviceName(parent, 'V5_4'): '4',
        model.DeviceName(parent, 'V5_8'): '8',
        model.DeviceName(
            parent, 'V5_4', '882cc4da-dede-11e7-9180-078a62063ab1'
        ): '41',
    }


def test_subchannels_and_the_ap_matrix_have_documents(tree):
    subchannel = tree.subchannel('0.0.0035')
    files(subchannel, migration_compatible=TEXT)
    matrix = tree.ap_matrix()
    types = tree.mdev_parent(matrix, 'vfio_ap-passthrough')
    files(types / 'vfio_ap-passthrough', migration_compatible=TEXT)

    assert [finding.device for finding in findings(tree)] == [
        model.DeviceName('AP_MATRIX', 'vfio_ap-passthrough'),
        model.DeviceName('CSS_0_0_0035'),
    ]


def test_an_error_in_a_whole_document_names_file_line_and_column(tree, device):
    files(device, migration_compatible='SELF:\n  name=x\n  v 1\n')

    finding = only(tree)

    assert place(finding) == ('migration_compatible', 3, 5)
    assert finding.document is None


def test_an_error_in_a_file_of_lines_names_that_file_and_its_line(
    tree, device
):
    files(
        device / 'migration',
        self='name=x\nv=1\n',
        compatible='name=x\n',
        compatible1='name=x\n v={v:int:z}\n',
    )

    assert place(only(tree)) == ('compatible1', 2, 11)


def test_an_error_in_a_field_names_its_file_and_the_column_in_it(tree, device):
    files(
        device / 'migration', self={'v': '1'}, compatible={'v': '{v:int:z}\n'}
    )

    assert place(only(tree)) == ('v', 1, 8)


def test_an_error_of_an_object_names_its_file_or_folder(tree, device):
    files(device / 'migration', self='', compatible='v=1\n')

    assert place(only(tree)) == ('self', 1, 1)


def test_an_error_of_an_object_in_a_folder_has_no_line(tree, device):
    files(device / 'migration', self={'empty': ''})

    finding = only(tree)

    assert place(finding)[:2] == ('self', None)
    assert 'line' not in str(finding.problem)


@pytest.mark.parametrize('header', ['SELF:', 'COMPATIBLE', ' SELF : # me'])
def test_a_header_in_a_file_of_lines_is_an_error(tree, device, header):
    files(device / 'migration', self=f'name=x\n{header}\nv=1\n')

    finding = only(tree)

    assert place(finding)[:2] == ('self', 2)
    assert 'the header' in finding.problem.reason


def test_a_field_named_as_a_header_is_the_error_of_the_language(tree, device):
    files(device / 'migration', self='name=x\nSELF = 1\n')

    finding = only(tree)

    assert place(finding) == ('self', 2, 1)
    assert 'field name' in finding.problem.reason


@pytest.mark.parametrize('content', ['x\ny', 'x\n\n', 'x\nCOMPATIBLE:\n'])
def test_a_line_end_inside_a_field_is_an_error_in_its_file(
    tree, device, content
):
    files(device / 'migration', self={'a': '1', 'name': content})

    finding = only(tree)

    assert place(finding) == ('name', 1, 2)
    assert 'line end' in finding.problem.reason


def test_a_lone_cr_is_an_error_even_at_the_end_of_a_file(tree, device):
    files(device / 'migration', self={'name': 'x\r'})

    assert place(only(tree)) == ('name', 1, 2)


def test_crlf_ends_a_line_of_a_file_and_of_a_field(tree, device):
    files(
        device / 'migration', self='name=x\r\n', compatible={'name': 'x\r\n'}
    )

    assert only(tree).document.canonical == (
        'SELF:\n\tname="x"\nCOMPATIBLE:\n\tname="x"\n'
    )


@pytest.mark.parametrize(
    'name', ['a=b', '# x', ' a', '9a', 'x' * 65, '.a.swp', 'a\nSELF']
)
def test_a_file_that_is_no_name_of_a_field_is_an_error(tree, device, name):
    files(device / 'migration', self={'a': '1', name: 'x'})

    finding = only(tree)

    assert finding.problem.reason == 'is no name of a field'
    assert str(finding.problem).isprintable()


@pytest.mark.parametrize(
    ('layout', 'expected'),
    [
        ({'migration_compatible': b'SELF:\n name=\xff\n'}, (2, 7)),
        ({'migration': {'self': b'a=1\nb=\xc3\xa4\xff\n'}}, (2, 4)),
        ({'migration': {'self': {'b': b'\xc3\xa4\xff'}}}, (1, 2)),
    ],
)
def test_what_is_not_utf_8_is_an_error_with_line_and_column(
    tree, device, layout, expected
):
    files(device, **layout)

    finding = only(tree)

    assert place(finding)[1:] == expected
    assert 'UTF-8' in finding.problem.reason


def test_migration_without_self_is_an_error(tree, device):
    files(device / 'migration', compatible='v=1\n')

    finding = only(tree)

    assert finding.problem.path.endswith(f'{ADDRESS}/migration')
    assert 'found no self in it' in finding.problem.reason


def test_one_bad_device_hides_no_other(tree, device):
    files(device, migration_compatible='nonsense')
    other = tree.function('0000:81:00.2', 'acme_vfio_pci')
    files(other / 'migration', self={'name': 'x'})

    bad, good = findings(tree)

    assert bad.problem is not None
    assert good.document == descriptor.parse(TEXT)


def test_the_line_of_a_hostile_value_is_one_line_in_the_message(tree, device):
    hostile = 'SELF:\n name=x\n\x1b[31mERROR all is lost\n'
    files(device, migration_compatible=hostile)

    assert str(only(tree).problem).isprintable()
