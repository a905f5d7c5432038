# SPDX-License-Identifier: Apache-2.0
"""The few shapes of SVG that a heat map is made of.

Texts are made printable here, and escaped by xml.etree, which writes the file.
"""

from xml.etree import ElementTree

from nova_migcompat.cli import cells

Element = ElementTree.Element
_NAMESPACE = 'http://www.w3.org/2000/svg'


def root(width: int, height: int) -> Element:
    """Make the outermost element, so large in CSS pixels."""
    size = {'width': str(width), 'height': str(height)}
    box = {'viewBox': f'0 0 {width} {height}'}
    return Element('svg', {'xmlns': _NAMESPACE, 'class': 'map', **size, **box})


def add(parent: Element, tag: str, kind: str = '', **more: object) -> Element:
    """Add an element.

    :param kind: its class.
    :param more: its other attributes; ``_`` in a name stands for ``-``.
    """
    attributes = {
        name.replace('_', '-'): str(value) for name, value in more.items()
    }
    if kind:
        attributes['class'] = kind
    return ElementTree.SubElement(parent, tag, attributes)


def rect(
    parent: Element,
    kind: str,
    x: float,
    y: float,
    width: float,
    height: float,
    **more: object,
) -> Element:
    """Add a rectangle."""
    size = {'x': x, 'y': y, 'width': width, 'height': height}
    return add(parent, 'rect', kind, **size, **more)


def text(
    parent: Element,
    kind: str,
    words: str,
    x: float,
    y: float,
    size: int,
    **more: object,
) -> Element:
    """Add a text.

    :param y: of its base line.
    :param size: of its font.
    """
    element = add(parent, 'text', kind, x=x, y=y, font_size=size, **more)
    element.text = cells.printable(words)
    return element


def tip(parent: Element, words: str) -> None:
    """Add a tooltip."""
    add(parent, 'title').text = cells.printable(words, keep='\n')
