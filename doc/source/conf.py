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
    'myst_parser',
    'openstackdocstheme',
    'oslo_config.sphinxconfiggen',
    'oslo_config.sphinxext',
    'reno.sphinxext',
    'sphinx.ext.autodoc',
    'sphinx.ext.viewcode',
]
html_theme = 'openstackdocs'
html_static_path = ['_css']
html_css_files = ['tables.css']
openstackdocs_auto_name = False
openstackdocs_pdf_link = False
# What generates the samples, and where they are put for the pages.
config_generator_config_file = [
    ('../../etc/oslo-config-generator/agent.conf', '_static/agent'),
    ('../../etc/oslo-config-generator/nova.conf', '_static/nova'),
]
autodoc_typehints = 'description'
autodoc_member_order = 'bysource'
nitpicky = False
# Two dashes stay two: they begin an option.
smartquotes_action = 'qe'

man_pages = [
    ('agent', 'nova-migcompat-agent', 'say what devices may go where', [], 8),
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
