# SPDX-License-Identifier: Apache-2.0
"""Reads a rules file, and says everything that is wrong with it.

What the JSON schema cannot say is said here. Must not know of any device.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from nova_migcompat import descriptor
from nova_migcompat.agent import errors, model
from nova_migcompat.agent.rules import marked, patterns, rule, schema
from nova_migcompat.descriptor import templates

#: What the name of a rules file in a folder ends with.
SUFFIX = '.yaml'

#: Of one file, so that a file of another kind does not flood the log.
MAX_PROBLEMS = 20

_TRANSFORMATIONS = ('set', 'regex', 'lookup')


class RulesError(Exception):
    """A rules file is none.

    :ivar problems: what is wrong, in the order of the file.
    """

    def __init__(self, problems: Iterable[model.Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__('; '.join(map(str, self.problems)))


def read(path: str, data: bytes) -> tuple[rule.Rule, ...]:
    """Read a rules file.

    :param path: the file, for messages.
    :param data: what it holds.
    :returns: its rules in their order, those that are switched off as well.
    :raises RulesError: where anything is wrong with it; no rule of it counts
        then.
    """
    reader = _Reader(path)
    rules = reader.read(data)
    if reader.problems:
        reader.problems.sort(key=lambda p: (p.line or 0, p.column or 0))
        raise RulesError(reader.problems[:MAX_PROBLEMS])
    return rules


class _Reader:
    """One reading of one file.

    :ivar problems: what is wrong.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[model.Problem] = []

    def note(self, place: marked.Place, reason: str) -> None:
        """Keep a problem."""
        self.problems.append(
            model.Problem(None, self.path, reason, place.line, place.column)
        )

    def read(self, data: bytes) -> tuple[rule.Rule, ...]:
        """Read the file, and note all that is wrong."""
        try:
            text = data.decode()
            found = marked.load(text)
        except UnicodeDecodeError as e:
            line = data.count(b'\n', 0, e.start) + 1
            byte = f'0x{data[e.start]:02x}'
            place = marked.Place(line, 1)
            self.note(place, f'found the byte {byte}, expected UTF-8 text')
            return ()
        except marked.MarkedError as e:
            self.note(e.place, str(e))
            return ()
        for place, reason in schema.breaches(found):
            self.note(place, reason)
        if self.problems:
            return ()
        lines = text.split('\n')
        made = (
            _Maker(self, found, ('rules', number), lines).make(value)
            for number, value in enumerate(found.value['rules'])
        )
        return tuple(one for one in made if one)


class _Maker:
    """Makes one rule of what the schema allows.

    What is wrong is noted with the reader; then the rule is of no use.
    """

    def __init__(
        self,
        reader: _Reader,
        found: marked.Marked,
        path: marked.Path,
        lines: list[str],
    ) -> None:
        self.reader = reader
        self.found = found
        self.path = path
        self.lines = lines
        self.about_types = False

    def key(self, *path: str) -> marked.Place:
        """Return where a key of the rule stands."""
        return self.found.keys[(*self.path, *path)]

    def value(self, *path: str) -> marked.Place:
        """Return where a value of the rule stands."""
        return self.found.place((*self.path, *path))

    def make(self, value: Mapping[str, Any]) -> rule.Rule | None:
        """Make the rule; None where it has no document."""
        applies_to = value['applies_to']
        self.about_types = any(name in rule.OF_TYPES for name in applies_to)
        facts: dict[str, rule.Fact] = {}
        for name, declared in value.get('facts', {}).items():
            facts[name] = self.fact(name, declared, facts)
        for name in applies_to:
            self.check_known(name, facts, self.key('applies_to', name))
        conditions = {
            name: rule.Condition.of_globs(
                name, [globs] if isinstance(globs, str) else globs
            )
            for name, globs in applies_to.items()
        }
        template = self.template(value['document'], facts)
        if template is None:
            return None
        block = self.value('document')
        return rule.Rule(
            value['name'],
            self.reader.path,
            self.value().line,
            value.get('enabled', True),
            tuple(conditions[n] for n in rule.BUILT_IN if n in conditions),
            tuple(conditions[n] for n in facts if n in conditions),
            facts,
            template,
            block.line,
            self.indent(block, value['document']),
        )

    def fact(
        self,
        name: str,
        declared: Mapping[str, str],
        above: Mapping[str, rule.Fact],
    ) -> rule.Fact:
        """Make a fact of the rule's own."""
        place = self.key('facts', name)
        if name in rule.BUILT_IN:
            self.reader.note(
                place, f'found {errors.quoted(name)}, which is a built-in fact'
            )
        begins_in = declared.get('from', rule.DEVICE)
        if begins_in == rule.MDEV_TYPE and not self.about_types:
            self.note_no_types(self.value('facts', name, 'from'), begins_in)
        self.check_path(declared['path'], self.value('facts', name, 'path'))
        given = [word for word in _TRANSFORMATIONS if word in declared]
        if len(given) > 1:
            self.reader.note(
                self.key('facts', name, given[1]),
                f'found {" and ".join(given)}, expected one of them',
            )
        lookup = declared.get('lookup')
        if lookup is not None:
            where = self.value('facts', name, 'lookup')
            self.check_known(lookup, above, where)
        return rule.Fact(
            name,
            place.line,
            place.column,
            begins_in,
            declared['path'],
            declared.get('set'),
            self.regex(name, declared.get('regex')),
            lookup,
        )

    def check_path(self, path: str, place: marked.Place) -> None:
        """Note what a path has of facts that no device has."""
        for found in rule.PLACEHOLDER.finditer(path):
            if found[1]:
                self.check_known(found[1], (), place)
            elif not found[2]:
                self.reader.note(
                    place,
                    f'found {errors.quoted(path[found.start() :])}, expected'
                    ' ${fact} with a built-in fact, or $$ for a dollar',
                )

    def regex(self, name: str, pattern: str | None) -> re.Pattern[str] | None:
        """Make the pattern of a fact."""
        if pattern is None:
            return None
        try:
            return patterns.compiled(pattern)
        except patterns.PatternError as e:
            reason = str(e)
        self.reader.note(
            self.value('facts', name, 'regex'),
            f'found {errors.quoted(pattern)}, expected a regular expression'
            f' with one group: {errors.plain(reason)}',
        )
        return None

    def check_known(
        self, name: str, own: Iterable[str], place: marked.Place
    ) -> None:
        """Note it where a fact is not known, or no device has it."""
        if name in rule.OF_TYPES:
            if not self.about_types:
                self.note_no_types(place, name)
        elif name not in rule.BUILT_IN and name not in own:
            known = ''.join(f'{fact}, ' for fact in own)
            self.reader.note(
                place,
                f'found {errors.quoted(name)}, expected {known}or a built-in'
                ' fact'
                if known
                else f'found {errors.quoted(name)}, expected a built-in fact',
            )

    def note_no_types(self, place: marked.Place, name: str) -> None:
        """Note that a fact of mdev types is used for devices."""
        self.reader.note(
            place,
            f'found {name}, expected it in a rule that applies to an'
            ' mdev_type or mdev_type_name alone',
        )

    def template(
        self, text: str, own: Mapping[str, rule.Fact]
    ) -> templates.DocumentTemplate | None:
        """Make the document."""
        block = self.value('document')
        if not block.literal:
            self.reader.note(
                block,
                'found other text, expected a literal block: document: |',
            )
            return None
        indent = self.indent(block, text)
        try:
            template = templates.DocumentTemplate(text)
        except descriptor.DescriptorError as e:
            place = marked.Place(block.line + e.line, indent + e.column)
            self.reader.note(place, e.message)
            return None
        for name, (line, column) in template.facts.items():
            place = marked.Place(block.line + line, indent + column)
            self.check_known(name, own, place)
        return template

    def indent(self, block: marked.Place, text: str) -> int:
        """Count the blanks before a block that are not part of its text."""
        for number, line in enumerate(text.split('\n'), block.line):
            if line:
                return len(self.lines[number].rstrip('\r')) - len(line)
        return 0
