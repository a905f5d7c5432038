# SPDX-License-Identifier: Apache-2.0
"""The language of migration-compatibility descriptors (FORMAT.md).

Pure functions on values: nothing in this package knows of OpenStack, of files
or of the network.

>>> from nova_migcompat import descriptor
>>> old = descriptor.parse('SELF:\\n v=1\\nCOMPATIBLE:\\n v={v:int:1..3}\\n')
>>> new = descriptor.parse('SELF:\\n v=2\\n')
>>> bool(descriptor.match(old, new))
True

Reading: ``parser`` (lines and objects), ``values`` (what stands right of an
equals sign), ``variables`` and ``expressions``; what comes of it is in
``model`` and ``document``. ``templates`` and ``places`` read documents with
facts to be filled in.

Deciding: ``decide`` (whose object, and why not), ``tables`` and ``matching``
(one object and one device), ``search`` and ``arithmetic`` (variables that are
tried).

Saying: ``expansion``, ``enumeration`` and ``overlap`` (which devices a
document accepts), with ``results`` for expressions; ``doubts`` (what is
probably not meant), ``errors``. ``integers`` reads and writes numbers of any
length, for all of them.
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
