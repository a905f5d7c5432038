# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the documentation."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / '_ext'))
import command_pages

project = 'nova-migcompat'
copyright = 'the nova-migcompat maintainers'
extensions = [
    'command_pages',
    'sphinx.ext.autodoc',
    'sphinx.ext.viewcode',
]
html_theme = 'alabaster'
autodoc_typehints = 'description'
autodoc_member_order = 'bysource'
nitpicky = False
# Two dashes stay two: they begin an option.
smartquotes_action = 'qe'

man_pages = [
    ('cli', 'nova-migcompat', 'know before you migrate', [], 1),
    *command_pages.man_pages(),
]
# What cli.rst says once for all commands.
autoprogram_cliff_ignored = [
    '--help',
    '--format',
    '--column',
    '--quote',
    '--noindent',
    '--max-width',
    '--fit-width',
    '--print-empty',
    '--sort-column',
    '--sort-ascending',
    '--sort-descending',
]
