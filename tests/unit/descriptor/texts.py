# SPDX-License-Identifier: Apache-2.0
"""Short ways to documents, errors and answers for these tests."""

import pytest

from nova_migcompat import descriptor
from nova_migcompat.descriptor import templates


def text_of(*compatible, device='a=1'):
    """Write a document; each object is its lines without indentation."""
    return ''.join(
        f'{header}:\n{fields}\n'
        for header, fields in [
            ('SELF', device),
            *(('COMPATIBLE', fields) for fields in compatible),
        ]
    )


def document(*compatible, device='a=1'):
    return descriptor.parse(text_of(*compatible, device=device))


def fill(text, **facts):
    """Fill the facts into a template."""
    return templates.DocumentTemplate(text).fill(facts)


def answer(compatible, device, **options):
    """Match a document with one object against a device."""
    return descriptor.match(
        document(compatible), document(device=device), **options
    )


def error(text):
    """Return the one error that reading the text ends in."""
    with pytest.raises(descriptor.DescriptorError) as caught:
        descriptor.parse(text)
    return caught.value


def value_error(value):
    """Return the error that a COMPATIBLE object's value ``x=`` ends in."""
    found = error(text_of(f'x={value}'))
    assert found.line == 4
    return found


def canonical(value):
    """Return the canonical form of a COMPATIBLE object's value."""
    head, _, tail = document(f'x={value}').canonical.partition('\tx=')
    assert head
    return tail.removesuffix('\n')
