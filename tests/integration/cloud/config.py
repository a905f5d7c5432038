# SPDX-License-Identifier: Apache-2.0
"""Configuration files as oslo.config reads them."""

import pathlib
from collections.abc import Mapping

#: The options of each group; a list is an option that stands there as often.
Groups = Mapping[str, Mapping[str, object]]


def text(groups: Groups) -> str:
    """Return the text of a configuration file."""
    lines = []
    for group, options in groups.items():
        lines.append(f'[{group}]')
        for name, value in options.items():
            values = value if isinstance(value, list) else [value]
            lines.extend(f'{name} = {one}' for one in values)
    return '\n'.join([*lines, ''])


def write(path: pathlib.Path, groups: Groups) -> pathlib.Path:
    """Write a configuration file; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(groups))
    return path
