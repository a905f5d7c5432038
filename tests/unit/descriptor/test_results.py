# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md section 2: results, and those that equal nothing."""

import pytest

from nova_migcompat.descriptor import results
from tests.unit.descriptor.texts import document


def work_out(value, units=100, **values):
    (compatible,) = document(f'x={value}').compatible
    expression = compatible.fields['x']
    return results.work_out(expression, values, results.Budget(units))


@pytest.mark.parametrize('sign', [1, -1])
def test_a_result_of_more_digits_than_a_value_equals_nothing(sign):
    most = 10**1024 - 1
    assert work_out('({v:int:1})*1', v=sign * most) == sign * most
    assert work_out('({v:int:1})*1', v=sign * (most + 1)) is None


def test_work_stops_where_it_is_spent():
    assert work_out('(1+1+1)', units=2) == 3
    with pytest.raises(results.SpentError):
        work_out('(1+1+1)', units=1)
