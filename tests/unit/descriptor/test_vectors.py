# SPDX-License-Identifier: Apache-2.0
"""The conformance vectors of FORMAT.md, one test each.

They are data (tests/vectors): what they ask for is never changed here.
"""

import json
import pathlib

import pytest

from nova_migcompat import descriptor

VECTORS = pathlib.Path(__file__).parents[2] / 'vectors'


def vectors(kind):
    with (VECTORS / f'{kind}.json').open(encoding='utf-8') as file:
        found = json.load(file)
    return [
        pytest.param(vector, id=f'{index}-{vector["name"]}')
        for index, vector in enumerate(found)
    ]


@pytest.mark.parametrize('vector', vectors('match'))
def test_a_pair_gets_its_answer(vector):
    result = descriptor.match(
        descriptor.parse(vector['source']),
        descriptor.parse(vector['target']),
        vector['direction'],
        vector['unlisted_fields'],
        vector.get('equal_fields', ()),
    )
    assert bool(result) == vector['compatible']
    if 'object' in vector:
        assert result.object == vector['object']
    if 'variables' in vector:
        assert result.variables == vector['variables']
    assert bool(result.reasons) != vector['compatible']


@pytest.mark.parametrize('vector', vectors('errors'))
def test_a_text_is_no_document(vector):
    with pytest.raises(descriptor.DescriptorError) as caught:
        descriptor.parse(vector['text'])
    if vector['line'] is not None:
        assert caught.value.line == vector['line']
    assert caught.value.column >= 1


@pytest.mark.parametrize('vector', vectors('canonical'))
def test_a_text_has_its_canonical_form_and_digest(vector):
    document = descriptor.parse(vector['text'])
    assert document.canonical == vector['canonical']
    assert document.digest == vector['digest']
    again = descriptor.parse(document.canonical)
    assert again.canonical == vector['canonical']
    assert again.digest == vector['digest']
    assert again == document
