# SPDX-License-Identifier: Apache-2.0
"""What a rule is, once its file is read and checked.

Values only: nothing here reads a file.
"""

import dataclasses
import fnmatch
import re
from collections.abc import Mapping

from nova_migcompat.descriptor import templates

#: What a fact of a rule's own may begin in.
DEVICE, PF, MDEV_TYPE = 'device', 'pf', 'mdev_type'
MODULE, PF_MODULE = 'module', 'pf_module'
#: ... and with the name of a module behind it.
NAMED_MODULE = 'module/'

#: A built-in fact in a path, or a dollar, or a $ that is neither.
PLACEHOLDER = re.compile(r'\$(?:\{([a-z][a-z0-9_]*)\}|(\$)|)')

_IDS = (
    'vendor',
    'device',
    'subsystem_vendor',
    'subsystem_device',
    'revision',
    'class',
)
_OF_FUNCTION = (*_IDS, 'driver', 'module', 'module_version')
#: The facts that are hexadecimal.
HEXADECIMAL = frozenset((*_IDS, *(f'pf_{name}' for name in _IDS)))
#: The facts that only mdev types have.
OF_TYPES = ('mdev_type', 'mdev_type_name', 'mdev_type_description')
#: Every built-in fact; those that cost nothing to know come first.
BUILT_IN = (
    'bus',
    'driver',
    'address',
    'kernel_release',
    'mdev_type',
    'pf_driver',
    'pf_address',
    *(name for name in _OF_FUNCTION if name != 'driver'),
    *(f'pf_{name}' for name in _OF_FUNCTION if name != 'driver'),
    'mdev_type_name',
    'mdev_type_description',
    'vf_index',
    'vf_number',
)


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """What a fact must match for a rule to apply.

    :param fact: a built-in fact or one of the rule's own.
    :param pattern: what it must match as a whole.
    """

    fact: str
    pattern: re.Pattern[str]

    @classmethod
    def of_globs(cls, fact: str, globs: list[str]) -> 'Condition':
        """Make a condition of patterns, one of which must match."""
        flags = re.IGNORECASE if fact in HEXADECIMAL else 0
        pattern = '|'.join(map(fnmatch.translate, globs))
        return cls(fact, re.compile(pattern, flags))


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a rule's own, as the rule declares it.

    :param name: its name.
    :param line: where it is declared in the rules file.
    :param column: likewise.
    :param begins_in: the folder that path begins in, see above.
    :param path: a relative path with globs and built-in facts in it.
    :param separator: the content is a set, with this between its elements.
    :param regex: its one group is searched in the content.
    :param lookup: the name of the fact that is looked up in the content.
    """

    name: str
    line: int
    column: int
    begins_in: str
    path: str
    separator: str | None = None
    regex: re.Pattern[str] | None = None
    lookup: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    :param name: what messages call it.
    :param path: the file that it stands in.
    :param line: its line there, from 1.
    :param enabled: whether it counts.
    :param built_in: the conditions on built-in facts, the cheap ones first.
    :param own: the conditions on facts of its own.
    :param facts: the facts of its own, by name.
    :param template: the document.
    :param template_line: the line of the file above the document's first.
    :param template_indent: the columns that are not the document's.
    """

    name: str
    path: str
    line: int
    enabled: bool
    built_in: tuple[Condition, ...]
    own: tuple[Condition, ...]
    facts: Mapping[str, Fact]
    template: templates.DocumentTemplate
    template_line: int
    template_indent: int

    @property
    def about_types(self) -> bool:
        """Whether it makes documents for mdev types, or else for devices."""
        return any(condition.fact in OF_TYPES for condition in self.built_in)
