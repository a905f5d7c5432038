# SPDX-License-Identifier: Apache-2.0
"""A page for each command of nova-migcompat, out of what --help says.

cliff's extension reads a command's texts as reStructuredText, where those of
ours are plain: here they are escaped on the way, and each command gets a page.
"""

import argparse
import functools
import importlib.metadata
import pathlib
import re
from typing import Any

import sphinx.application
from sphinx.util import rst

NAMESPACE = 'nova_migcompat.cli'
PROGRAM = 'nova-migcompat'
FOLDER = 'cli'

_PAGE = """\
{line}
{title}
{line}

.. autoprogram-cliff:: {namespace}
   :command: {name}
   :application: {program}
"""


def _commands() -> dict[str, importlib.metadata.EntryPoint]:
    """Find the commands, by their names on the command line."""
    found = importlib.metadata.entry_points(group=NAMESPACE)
    return {entry.name.replace('_', ' '): entry for entry in found}


def man_pages() -> list[tuple[str, str, str, list[str], int]]:
    """Return what Sphinx's option of the same name gets."""
    pages = []
    for name, entry in sorted(_commands().items()):
        file = name.replace(' ', '-')
        words = entry.load().__doc__.partition('\n')[0].rstrip('.')
        pages.append((f'{FOLDER}/{file}', f'{PROGRAM}-{file}', words, [], 1))
    return pages


def setup(app: sphinx.application.Sphinx) -> dict[str, Any]:
    """Write the pages, and escape what they get from the commands."""
    app.setup_extension('cliff.sphinxext')
    folder = pathlib.Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    wanted = {f'{name.replace(" ", "-")}.rst': name for name in _commands()}
    for path in folder.glob('*.rst'):
        if path.name not in wanted:
            path.unlink()
    for file, name in wanted.items():
        _write(folder / file, name)
    for entry in _commands().values():
        command = entry.load()
        command.get_parser = _escaping(command.get_parser)
    return {'parallel_read_safe': True}


def _write(path: pathlib.Path, name: str) -> None:
    """Write a page where it differs, so that Sphinx reads no other again."""
    title = f'{PROGRAM} {name}'
    text = _PAGE.format(
        line='=' * len(title),
        title=title,
        name=name,
        namespace=NAMESPACE,
        program=PROGRAM,
    )
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _escaping(get_parser: Any) -> Any:
    """Make plain text of a parser reStructuredText."""

    @functools.wraps(get_parser)
    def _get(self: Any, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = get_parser(self, prog_name)
        groups = parser._action_groups
        parser.description = rst.escape(parser.description or '')
        for group in groups:
            if '\n' in (group.description or ''):
                lines = (group.description or '').replace('\n', '\n  ')
                parser.description += f'\n\n{group.title}::\n\n  {lines}'
        parser.epilog = re.sub(
            r'^([a-z ]+):$', r'\1::\n', parser.epilog or '', flags=re.M
        )
        for action in parser._actions:
            if action.help and action.help != argparse.SUPPRESS:
                values = {**vars(action), 'prog': prog_name}
                action.help = rst.escape(action.help % values)
        return parser

    return _get
