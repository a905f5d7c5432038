# SPDX-License-Identifier: Apache-2.0
"""What devices say cannot forge or flood a log (DESIGN.md, "Trust")."""

import pytest

from nova_migcompat.agent import errors, model

FORGED = 'x\nERROR nova: all is lost\r\x1b[2J\u202e\udc80'


def test_foreign_text_stays_on_its_line():
    shown = errors.plain(FORGED)

    assert shown.isascii()
    assert shown.isprintable()
    assert shown.startswith('x\\nERROR')


def test_long_text_is_cut():
    assert errors.plain('x' * 10000) == 'x' * errors.MAX_SHOWN + '...'


def test_a_value_is_quoted():
    assert errors.quoted("it's") == "'it's'"


def test_a_problem_is_one_line_that_names_device_file_line_and_column():
    name = model.DeviceName('PCI_0000_84_00_0', 'nvidia-35', 'some-uuid')

    problem = model.Problem(name, '/sys/a', 'found x, expected y', 2, 4)

    assert str(problem) == (
        'PCI_0000_84_00_0, type nvidia-35, mdev some-uuid:'
        ' /sys/a, line 2, column 4: found x, expected y'
    )


def test_a_problem_with_a_folder_has_no_line():
    problem = model.Problem(None, '/sys/bus', 'cannot be read')

    assert str(problem) == '/sys/bus: cannot be read'


def test_no_part_of_a_problem_forges_a_line():
    name = model.DeviceName(FORGED, FORGED, FORGED)

    assert str(model.Problem(name, FORGED, FORGED, 1, 1)).isprintable()


@pytest.mark.parametrize('how_many', [0, 2])
def test_a_finding_is_either_a_document_or_a_problem(how_many):
    name = model.DeviceName('PCI_0000_84_00_0')
    arguments = {
        'document': object(),
        'problem': model.Problem(name, '/sys/a', 'wrong'),
    }

    with pytest.raises(ValueError, match='a document or a problem'):
        model.Finding(name, '/sys/a', **(arguments if how_many else {}))
