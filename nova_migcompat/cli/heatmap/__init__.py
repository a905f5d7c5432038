# SPDX-License-Identifier: Apache-2.0
"""Who may move to whom, as a picture.

``drawing`` makes the heat map, as SVG; ``page`` puts it into a page of HTML
with figures and details. Both are whole files that load nothing and run
nothing. Every text in them may come from some compute host: it is made
printable here, and escaped by xml.etree and by jinja2, which write the files.
Knows neither Placement nor the command line.
"""
