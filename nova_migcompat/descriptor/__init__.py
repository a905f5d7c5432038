# SPDX-License-Identifier: Apache-2.0
"""The language of migration-compatibility descriptors (FORMAT.md).

Pure functions on values: nothing in this package knows of OpenStack, of files
or of the network.

>>> from nova_migcompat import descriptor
>>> old = descriptor.parse('SELF:\\n v=1\\nCOMPATIBLE:\\n v={v:int:1..3}\\n')
>>> new = descriptor.parse('SELF:\\n v=2\\n')
>>> bool(descriptor.match(old, new))
True
"""

from nova_migcompat.descriptor.decide import (
    DIRECTIONS,
    UNLISTED_FIELDS,
    MatchResult,
    Reason,
    match,
)
from nova_migcompat.descriptor.document import Document
from nova_migcompat.descriptor.errors import DescriptorError
from nova_migcompat.descriptor.expansion import Expanded, Row, expand
from nova_migcompat.descriptor.parser import parse

__all__ = (
    'DIRECTIONS',
    'UNLISTED_FIELDS',
    'DescriptorError',
    'Document',
    'Expanded',
    'MatchResult',
    'Reason',
    'Row',
    'expand',
    'match',
    'parse',
)
