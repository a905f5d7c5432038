# SPDX-License-Identifier: Apache-2.0
"""Short ways with the list of a variable: as the long ones."""

import pytest

from tests.unit.descriptor.texts import canonical, document


@pytest.mark.parametrize(
    ('kind', 'items'),
    [
        ('int', '7'),
        ('int', '7,10,7'),
        ('int', '0'),
        ('int', '7,-1'),
        ('int', '07,1'),
        ('int', '1..3,5'),
        ('string', 'a'),
        ('string', '"","a b",c'),
        ('string', '1,"1"'),
        ('flags', 'a+b,=c'),
        ('version', '1.2,2-'),
    ],
)
def test_a_list_is_read_at_one_look_as_item_by_item(kind, items):
    spaced = items.replace(',', ' , ')
    assert canonical(f'{{v:{kind}:{items}}}') == canonical(
        f'{{v:{kind}:{spaced}}}'
    )


@pytest.mark.parametrize('items', ['1,2,2', '5', '1..3,2', '1..', '-1'])
def test_there_are_at_most_so_many_values(items):
    variable = document(f'x={{v:int:{items}}}').compatible[0].variables[0]
    count = variable.count()
    assert count is None or count <= variable.at_most
    assert variable.at_most >= len(variable.items)
