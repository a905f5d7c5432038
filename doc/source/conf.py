# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the documentation."""

project = 'nova-migcompat'
copyright = 'the nova-migcompat maintainers'
extensions = ['sphinx.ext.autodoc', 'sphinx.ext.viewcode']
html_theme = 'alabaster'
autodoc_typehints = 'description'
autodoc_member_order = 'bysource'
nitpicky = False
