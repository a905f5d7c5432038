# SPDX-License-Identifier: Apache-2.0
"""Reads what stands right of an equals sign (FORMAT.md section 2).

Every function is told where its text begins in the line, so that an error
names the column; it does not know the line.
"""

import re
from typing import NoReturn, cast

from nova_migcompat.descriptor import (
    arithmetic,
    errors,
    expressions,
    model,
    variables,
)

MAX_VARIABLES = 16
MAX_VARIABLE_NAME = 32

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_COMMENT = re.compile(r'[ \t]#')
#: A step through a template that no comment begins in: the opening brace of a
#: variable, other text, a character behind a backslash, a blank.
_STEP = re.compile(r'(\{)|[^{\\ \t]+|\\[^ \t]?|[ \t](?!#)')
#: A step inside a variable, where a quoted item may hold a #.
_STEP_INSIDE = re.compile(r'[,:][ \t]*"(?:[^"\\]|\\.)*"|[^} \t]|[ \t](?!#)')
#: A literal, or a reference to a variable.
_PART = re.compile(r'([^\\{}]+)|\{([A-Za-z_][A-Za-z0-9_]*)\}')
_HEAD = re.compile(r'\{[ \t]*([A-Za-z_][A-Za-z0-9_]*)?[ \t]*([:}])?')
_TYPE = re.compile(r'[ \t]*([^:{}]*)(:)?')
#: An item, bare or quoted, and what ends it.
_ITEM = re.compile(r'(?:([^,:{}"#\\]*)|[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*)([,}])')
_BARE = re.compile(r'[^,:{}"#\\]*')
_PLAIN_ITEM = r'(?:[A-Za-z0-9_.+=-]+|"[A-Za-z0-9_.+ -]*")'
#: The usual variable: one without white space, and items that hold no comma.
_USUAL = re.compile(
    r'\{([A-Za-z_][A-Za-z0-9_]{0,31})'
    rf':([a-z]+):({_PLAIN_ITEM}(?:,{_PLAIN_ITEM})*)\}}'
)


class ValueSyntaxError(ValueError):
    """A value breaks the grammar; offset counts from the line's start."""

    def __init__(self, offset: int, found: str, expected: str) -> None:
        super().__init__(offset, found, expected)
        self.offset = offset
        self.found = found
        self.expected = expected


class Scope:
    """The variables of one COMPATIBLE object while it is being read.

    :ivar defined: the variables by name, in the order of definition.
    :ivar places: (line, offset) of each definition.
    """

    def __init__(self) -> None:
        self.defined: dict[str, variables.Variable] = {}
        self.places: dict[str, tuple[int, int]] = {}
        self._references: dict[str, expressions.Reference] = {}

    def reference(self, name: str) -> expressions.Reference | None:
        """Return what refers to a variable; None where it is not defined."""
        found = self._references.get(name)
        if found is None and name in self.defined:
            found = self._references[name] = expressions.Reference(name)
        return found


def cut(raw: str, templates: bool) -> tuple[int, str]:
    """Cut comment and outer white space off a value.

    :param raw: all that stands right of the equals sign.
    :param templates: whether quoted strings may stand inside variables
        (COMPATIBLE) or only as the whole value (SELF).
    :returns: where the value begins in raw, and the value.
    """
    text = raw.lstrip(' \t')
    start = len(raw) - len(text)
    if '#' in raw:
        end = len(text)
        if text.startswith('#') and start:
            end = 0
        elif text.startswith('"'):
            quoted = _QUOTED.match(text)
            comment = _COMMENT.search(text, quoted.end()) if quoted else None
            end = comment.start() if comment else end
        elif templates and '"' in text:
            end = _comment_in_template(text)
        else:
            comment = _COMMENT.search(text)
            end = comment.start() if comment else end
        text = text[:end]
    return start, text.rstrip(' \t')


def _comment_in_template(text: str) -> int:
    """Find where a comment cuts a template that may hold quoted items."""
    position = 0
    inside = False
    while True:
        step = (_STEP_INSIDE if inside else _STEP).match(text, position)
        if step:
            position = step.end()
            inside = inside or step[0] == '{'
        elif inside and text.startswith('}', position):
            inside = False
        else:
            return position


def literal(text: str, offset: int) -> str:
    """Read a value of SELF: a quoted string or bare text."""
    return _quoted(text, offset) if text.startswith('"') else text


def _quoted(text: str, offset: int) -> str:
    quoted = _QUOTED.match(text)
    if not quoted:
        raise ValueSyntaxError(
            offset, 'a quoted string without an end', 'a closing "'
        )
    if quoted.end() < len(text):
        raise ValueSyntaxError(
            offset + quoted.end(),
            errors.shown(text[quoted.end() :]),
            'nothing after the quoted string but a comment',
        )
    return variables.unquote(quoted[1])


def read(text: str, offset: int, scope: Scope, line: int) -> model.FieldValue:
    """Read a value of a COMPATIBLE object.

    :param text: the value, as :func:`cut` left it.
    :param offset: where it begins in its line, in code points from 0.
    :param scope: the object's variables, added to.
    :param line: the line's number.
    :raises ValueSyntaxError: where it breaks the grammar.
    """
    if text.startswith('"'):
        return _quoted(text, offset)
    escaped = '\\' in text
    if escaped or '{' in text or '}' in text:
        parts, offsets = _Value(text, offset, scope, line).read()
    else:
        parts, offsets = [text], [0]
    shaped = not escaped and text.startswith(('{', '('))
    if shaped and _is_expression(parts, scope):
        try:
            return expressions.read(parts, offsets)
        except expressions.ExpressionError as e:
            raise ValueSyntaxError(
                offset + e.offset, e.found, e.expected
            ) from None
    if escaped:
        parts, offsets = _joined(parts, offsets)
    if len(parts) > 1:
        _refuse_flags(parts, offsets, offset, scope)
    elif isinstance(parts[0], str):
        return parts[0]
    return model.Template(tuple(parts))


def _is_expression(parts: list[expressions.Part], scope: Scope) -> bool:
    """Have parts without a backslash the shape of one (section 2)?

    The first of them begins with a { or (.
    """
    operators = False
    for part in parts:
        if isinstance(part, str):
            if not expressions.PLAIN.fullmatch(part):
                return False
            operators = operators or not arithmetic.OPERATORS.isdisjoint(part)
        elif scope.defined[part.name].TYPE != 'int':
            return False
    return operators


def _joined(
    parts: list[expressions.Part], offsets: list[int]
) -> tuple[list[expressions.Part], list[int]]:
    """Join neighbouring literals."""
    joined: list[expressions.Part] = []
    starts: list[int] = []
    for part, start in zip(parts, offsets, strict=True):
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
            starts.append(start)
    return joined, starts


def _refuse_flags(
    parts: list[expressions.Part],
    offsets: list[int],
    offset: int,
    scope: Scope,
) -> None:
    """Flags stand alone or not at all."""
    for part, start in zip(parts, offsets, strict=True):
        if isinstance(part, str) or scope.defined[part.name].TYPE != 'flags':
            continue
        raise ValueSyntaxError(
            offset + start,
            f'flags variable {{{part.name}}} inside other text',
            'a flags variable as the whole value',
        )


class _Value:
    """One pass over a value that has variables or backslashes in it."""

    def __init__(
        self, text: str, offset: int, scope: Scope, line: int
    ) -> None:
        self.text = text
        self.offset = offset
        self.scope = scope
        self.line = line
        self.position = 0

    def read(self) -> tuple[list[expressions.Part], list[int]]:
        """Read all parts; return them and where each begins."""
        parts: list[expressions.Part] = []
        offsets: list[int] = []
        text = self.text
        while self.position < len(text):
            offsets.append(self.position)
            found = _PART.match(text, self.position)
            part = found and (found[1] or self.scope.reference(found[2]))
            if found and part:
                parts.append(part)
                self.position = found.end()
            elif text[self.position] == '\\':
                if self.position + 1 == len(text):
                    self.fail(
                        'a backslash at the end of the value',
                        'a character after it',
                    )
                parts.append(text[self.position + 1])
                self.position += 2
            elif text[self.position] == '{':
                parts.append(self.usual_definition() or self.any_variable())
            else:
                self.fail("'}'", 'a { before it, or \\} for the character')
        return parts, offsets

    def usual_definition(self) -> variables.Variable | None:
        """Read ``{name:type:items}`` at one look.

        None where it must be read closely.
        """
        found = _USUAL.match(self.text, self.position)
        if not found:
            return None
        name, word, items = found.groups()
        defined = self.scope.defined
        kind = variables.TYPES.get(word)
        if not kind or name in defined or len(defined) == MAX_VARIABLES:
            return None
        try:
            canonical = kind.plain_items(items)
        except variables.ItemError:
            return None
        variable = kind(name, canonical)
        self.define(variable, self.position)
        self.position = found.end()
        return variable

    def any_variable(self) -> expressions.Part:
        """Read a variable step by step, and say what is wrong with it."""
        start = self.position
        head = cast('re.Match[str]', _HEAD.match(self.text, start))
        name = head[1]
        if not name:
            self.position = start + 1
            self.found_here('the name of a variable: a letter or _ first')
        if len(name) > MAX_VARIABLE_NAME:
            self.position = head.start(1)
            self.fail(
                f'a variable name of {len(name)} characters',
                f'at most {MAX_VARIABLE_NAME}',
            )
        self.position = head.end()
        if not head[2]:
            self.found_here(f': or }} after {{{name}')
        if head[2] == '}':
            reference = self.scope.reference(name)
            if not reference:
                self.position = start
                self.fail(
                    f'{{{name}}} before its definition',
                    f'{{{name}:type:items}} here',
                )
            return reference
        return self.definition(name, start)

    def definition(self, name: str, start: int) -> variables.Variable:
        """Read the rest of a definition, from behind ``{name:``."""
        if name in self.scope.defined:
            self.position = start
            self.fail(
                f'a second definition of {{{name}}}',
                f'the reference {{{name}}}',
            )
        if len(self.scope.defined) == MAX_VARIABLES:
            self.position = start
            self.fail(
                'one more variable in this object',
                f'at most {MAX_VARIABLES}',
            )
        word = cast('re.Match[str]', _TYPE.match(self.text, self.position))
        kind = variables.TYPES.get(word[1].rstrip(' \t'))
        if kind is None or not word[2]:
            self.position = word.start(1) if kind is None else word.end()
            self.found_here(
                f'a type and a colon: {", ".join(variables.TYPES)}'
            )
        self.position = word.end()
        variable = kind(name, tuple(self.items(kind)))
        self.define(variable, start)
        return variable

    def define(self, variable: variables.Variable, start: int) -> None:
        """Keep a variable that begins at a place of the text."""
        name = variable.name
        self.scope.defined[name] = variable
        self.scope.places[name] = (self.line, self.offset + start)

    def items(self, kind: type[variables.Variable]) -> list[str]:
        """Read a variable's items and its closing brace."""
        items: list[str] = []
        while True:
            found = _ITEM.match(self.text, self.position)
            if not found:
                self.not_an_item(kind)
            bare, inner, end = found.groups()
            item = (
                variables.unquote(inner) if bare is None else bare.strip(' \t')
            )
            try:
                items.append(kind.item(item, bare is None))
            except variables.ItemError as e:
                self.skip_blanks()
                self.fail(
                    errors.shown(item) if item else 'an empty item', str(e)
                )
            self.position = found.end()
            if end == '}':
                return items

    def not_an_item(self, kind: type[variables.Variable]) -> NoReturn:
        """Say why no item and its end stand at the position."""
        start = self.skip_blanks()
        quoted = _QUOTED.match(self.text, start)
        if self.text.startswith('"', start) and not quoted:
            self.fail('a quoted string without an end', 'a closing "')
        found = quoted or cast('re.Match[str]', _BARE.match(self.text, start))
        item = variables.unquote(quoted[1]) if quoted else found[0].rstrip()
        try:
            kind.item(item, quoted is not None)
        except variables.ItemError as e:
            self.fail(errors.shown(item) if item else 'an empty item', str(e))
        self.position = found.end()
        self.skip_blanks()
        self.found_here(', or } after an item')

    def skip_blanks(self) -> int:
        """Step over white space; return where it ends."""
        while self.text.startswith((' ', '\t'), self.position):
            self.position += 1
        return self.position

    def found_here(self, expected: str) -> NoReturn:
        """Fail, naming what stands at the position."""
        rest = self.text[self.position :]
        self.fail(
            errors.shown(rest) if rest else 'the end of the value', expected
        )

    def fail(self, found: str, expected: str) -> NoReturn:
        """Fail at the position."""
        raise ValueSyntaxError(self.offset + self.position, found, expected)
