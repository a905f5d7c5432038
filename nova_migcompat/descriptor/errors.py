# SPDX-License-Identifier: Apache-2.0
"""The one error that reading a descriptor can end in.

It knows where in the text the reader stopped and nothing of files: whoever
read the text from a file adds the file's name.
"""

_WINDOW = 72


def shown(text: str, most: int = 40) -> str:
    """Quote a piece of somebody else's text for a message or a log line.

    :param text: any text, of any length.
    :param most: how many of its characters are kept.
    :returns: printable ASCII in quotes, on one line.
    """
    if len(text) > most:
        return ascii(text[:most]) + '...'
    return ascii(text)


def plain(text: str) -> str:
    """Write a piece of a document in printable ASCII, without quotes."""
    escaped = text.encode('ascii', 'backslashreplace').decode()
    return escaped.replace('\t', '\\t')


class DescriptorError(ValueError):
    """A text is no document (FORMAT.md section 5).

    :ivar line: the line, counted from 1.
    :ivar column: the column in code points, counted from 1; a tab is one.
    :ivar found: what stands there, in words.
    :ivar expected: what the language allows there, in words.
    :ivar source_line: the line itself, without its line end.
    """

    def __init__(
        self,
        line: int,
        column: int,
        found: str,
        expected: str,
        source_line: str = '',
    ) -> None:
        super().__init__(line, column, found, expected, source_line)
        self.line = line
        self.column = column
        self.found = found
        self.expected = expected
        self.source_line = source_line

    @property
    def message(self) -> str:
        """What is wrong, without the place."""
        return f'found {self.found}, expected {self.expected}'

    def __str__(self) -> str:
        return f'line {self.line}, column {self.column}: {self.message}'

    def show(self) -> str:
        """Return the message, the line it is about, and a caret under it.

        Long lines are cut around the caret; what a terminal would act on is
        replaced by a question mark, character for character.
        """
        start = max(0, self.column - 1 - _WINDOW // 2)
        cut = self.source_line[start : start + _WINDOW]
        line = ''.join(c if c == '\t' or c.isprintable() else '?' for c in cut)
        before = line[: self.column - 1 - start]
        pad = ''.join('\t' if c == '\t' else ' ' for c in before)
        return f'{self}\n    {line}\n    {pad}^'
