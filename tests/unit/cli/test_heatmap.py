# SPDX-License-Identifier: Apache-2.0
"""The heat map: valid, whole, escaped, bounded, and says what is."""

import re
from xml.etree import ElementTree

import pytest

from nova_migcompat import decision, descriptor, traits
from nova_migcompat.cli import pairs
from nova_migcompat.cli.heatmap import caption, drawing, page

SVG = '{http://www.w3.org/2000/svg}'
NASTY = '<script>alert(1)</script>\'"&\u202e]]>{{ 7 * 7 }}<!--'
WORDS = caption.Caption('document', 'host', 'direction source', 'Read')


def document(kind, number, allowed=''):
    quoted = kind.replace('\\', '\\\\').replace('"', '\\"')
    text = f'SELF:\n mdev_type="{quoted}"\n number={number}\n'
    if allowed:
        text += f'COMPATIBLE:\n mdev_type="{quoted}"\n number={allowed}\n'
    return descriptor.parse(text)


def fleet(*documents, hosts=None, problems=()):
    """Compare documents; host h0 has the first, and so on."""
    texts = traits.Texts({d.digest: d for d in documents}, dict(problems))
    digests = [*texts.documents, *texts.problems]
    holders = hosts or {d: [f'h{n}'] for n, d in enumerate(digests)}
    parties = pairs.by_document(texts, holders)
    return pairs.compare(parties, texts, decision.Policy()), texts


OLD, NEW = document('gpu', 1, '{v:int:1..2}'), document('gpu', 2, '2')
LONE = document('nic', 1)


def rows_of(svg):
    return ElementTree.fromstring(svg).findall(f'{SVG}g[@class="row"]')


def cells_of(svg):
    """Return the classes and the tooltips of the cells, row by row."""
    found = [
        [
            cell
            for cell in row.iter()
            if 'cell' in cell.get('class', '').split()
        ]
        for row in rows_of(svg)
    ]
    return [
        [
            (
                cell.find(f'{SVG}rect').get('class'),
                cell.find(f'{SVG}title').text,
            )
            for cell in row
        ]
        for row in found
    ]


def texts_of(svg):
    return [e.text for e in ElementTree.fromstring(svg).iter(f'{SVG}text')]


def test_the_picture_is_xml_with_the_colour_of_each_pair():
    matrix, _ = fleet(OLD, NEW, LONE)

    found = cells_of(drawing.picture(matrix, WORDS))

    assert [[colour for colour, _ in row] for row in found] == [
        ['yes own', 'one-way', 'no'],
        ['no', 'yes own', 'no'],
        ['no', 'no', 'no own'],
    ]
    assert found[0][1][1].split('\n') == [
        'gpu, number=1  →  gpu, number=2',
        'yes: COMPATIBLE object 1 of the source',
        '1 host behind it',
        'no way back',
    ]
    assert 'no: source object 1, number' in found[1][0][1]


def test_both_ways_is_another_colour_than_one_way():
    other = document('gpu', 3, '{v:int:1..3}')
    matrix, _ = fleet(document('gpu', 1, '{v:int:1..3}'), other)

    found = cells_of(drawing.picture(matrix, WORDS))

    assert found[0][1][0] == found[1][0][0] == 'yes'
    assert found[0][1][1].endswith('and back')


def test_what_is_not_known_is_a_colour_of_its_own():
    matrix, texts = fleet(OLD, problems={'Z' * 32: 'no text'})

    found = cells_of(drawing.picture(matrix, WORDS))
    written = page.page(matrix, WORDS, texts)

    assert [[colour for colour, _ in row] for row in found] == [
        ['yes own', 'unknown'],
        ['unknown', 'unknown own'],
    ]
    assert 'ZZZZZZZZ: no text' in found[0][1][1]
    assert '<b>1</b> document that cannot be read' in written


def test_some_of_several_documents_is_half_a_colour():
    texts = traits.Texts({d.digest: d for d in (OLD, NEW, LONE)}, {})
    parties = pairs.by_host(
        {'h1': [OLD.digest, LONE.digest], 'h2': [NEW.digest]}
    )
    matrix = pairs.compare(parties, texts, decision.Policy())
    words = caption.Caption('host', 'host', '', '')

    picture = drawing.picture(matrix, words)

    assert cells_of(picture)[0][1][0] == 'partly'
    assert '1/2' in texts_of(picture)
    assert 'some of its documents may' in texts_of(picture)


def test_the_legend_names_the_colours_that_are_there():
    matrix, _ = fleet(OLD, NEW)

    found = texts_of(drawing.picture(matrix, WORDS))

    assert found[-4:] == [
        'may move, and back',
        'may move, no way back',
        'may not',
        'to the same document',
    ]


def test_the_figures_are_over_the_picture():
    hosts = {
        OLD.digest: [f'h{n}' for n in range(1500)],
        NEW.digest: ['h1', 'h2'],
        LONE.digest: ['h3'],
    }
    matrix, _ = fleet(OLD, NEW, LONE, hosts=hosts)

    found = texts_of(drawing.picture(matrix, WORDS))

    assert found[:3] == [
        'Who may move to whom',
        '1,500 hosts · 3 documents · 1 of 6 ways to another document are '
        'open · 2 islands, with no way between · 1 dead end, on 1 host',
        'Read; direction source',
    ]
    assert '1,499' in found
    assert 'nowhere' in found
    assert '1k' in found


@pytest.mark.parametrize('count', [1, 14, 15, 31, 61, 90])
def test_nothing_stands_outside_of_the_picture(count):
    documents = [document(f'nvidia-{n}', n, str(n)) for n in range(count)]
    matrix, _ = fleet(*documents)

    svg = ElementTree.fromstring(drawing.picture(matrix, WORDS))

    width, height = float(svg.get('width')), float(svg.get('height'))
    rects = [
        [float(rect.get(name)) for name in ('x', 'y', 'width', 'height')]
        for rect in svg.iter(f'{SVG}rect')
    ]
    assert all(x >= 0 and x + w <= width for x, _, w, _ in rects)
    assert all(y >= 0 and y + h <= height for _, y, _, h in rects)
    # No two cells in one place.
    cells = [
        rect for rect in rects if rect[2] == rect[3] > 6 and rect[2] != 14
    ]
    assert len({(x, y) for x, y, *_ in cells}) == len(cells)


@pytest.mark.parametrize('make', ['page', 'picture'])
def test_texts_of_hosts_are_escaped(make):
    nasty = document(NASTY, 1, '1')
    hosts = {nasty.digest: [NASTY, 'h2'], OLD.digest: [NASTY]}
    problems = {'Z' * 32: NASTY}
    hosts['Z' * 32] = ['h3']
    matrix, texts = fleet(nasty, OLD, hosts=hosts, problems=problems)
    words = caption.Caption('document', 'host', NASTY, NASTY)

    text = (
        page.page(matrix, words, texts)
        if make == 'page'
        else drawing.picture(matrix, words)
    )

    assert '<script' not in text.lower()
    assert '\u202e' not in text
    assert '&lt;script&gt;alert(1)&lt;/script&gt;' in text
    assert '{{ 7 * 7 }}' in text
    assert '<!--' not in text


def test_a_picture_has_nothing_that_is_loaded_or_run():
    matrix, texts = fleet(OLD, NEW)

    for text in (
        page.page(matrix, WORDS, texts),
        drawing.picture(matrix, WORDS),
    ):
        urls = set(re.findall(r'(?:https?:)?//[^\s"\'<]+', text))
        assert urls <= {'http://www.w3.org/2000/svg'}
        assert not re.search(r'<(script|iframe|object|embed|img|link)', text)
        assert not re.search(r'\son[a-z]+=', text)
        assert '@import' not in text
        assert set(re.findall(r'url\(([^)]*)\)', text)) <= {
            '#stripes',
            '#half',
        }
        assert set(re.findall(r' href="(.)', text)) <= {'#'}


def test_the_page_forbids_to_load_or_run_anything():
    matrix, texts = fleet(OLD)

    assert (
        "content=\"default-src 'none'; style-src 'unsafe-inline';"
        in page.page(matrix, WORDS, texts)
    )


def test_the_page_says_in_words_what_the_map_shows():
    matrix, texts = fleet(OLD, NEW, LONE)

    text = page.page(matrix, WORDS, texts)

    assert text.count('<details>') == 3
    assert text.count('may move nowhere') == 2
    assert 'may move to 1 host<' in text
    assert '<dt class="yes,-no-way-back">yes, no way back</dt>' in text
    assert '<a href="#from-1">gpu, number=2</a>' in text
    assert '<dl id="from-1">' in text
    assert OLD.canonical.replace('"', '&#34;') in text


def test_long_texts_do_not_make_the_page_long():
    fields = ''.join(f' f{n}="{"x" * 1000}"\n' for n in range(15))
    long = descriptor.parse(f'SELF:\n{fields}COMPATIBLE:\n{fields}')
    hosts = {long.digest: [f'h{n}' for n in range(5000)], OLD.digest: ['h']}
    matrix, texts = fleet(long, OLD, hosts=hosts)

    assert len(page.page(matrix, WORDS, texts)) < 30_000


def test_many_dead_ends_are_cut():
    documents = [document(f'lone-{n}', n) for n in range(20)]
    matrix, texts = fleet(*documents)

    text = page.page(matrix, WORDS, texts)

    assert 'and 8 more, red in the map' in text
