# SPDX-License-Identifier: Apache-2.0
"""The heat map of nova-migcompat matrix in a real browser."""

import itertools
import random
import re

import pytest

from nova_migcompat import decision, descriptor, traits
from nova_migcompat.cli import pairs
from nova_migcompat.cli.heatmap import caption, drawing, page
from tests.integration import browser

SET = 'window.was_run=1'
NASTY = (
    f'<script>{SET}</script>',
    f'"><img src=x onerror="{SET}">',
    f"'><svg onload='{SET}'>",
    f'</title></text></svg><script>{SET}</script>',
    f'</style></pre><script>{SET}</script>',
    f'{{{{ {SET} }}}}',
    f'javascript:{SET}//',
    ']]><!--\u202e',
)
GPU = """\
SELF:
 mdev_type=nvidia-{kind}
 driver_version={version}
COMPATIBLE:
 mdev_type=nvidia-{kind}
 driver_version={{v:version:{version}-}}
"""
WORDS = caption.Caption('document', 'host', 'direction source', 'Read here')


@pytest.fixture(scope='module')
def driver():
    driver = browser.start()
    yield driver
    driver.quit()


@pytest.fixture
def window(driver):
    return browser.Window(driver)


def gpu(kind, version):
    return descriptor.parse(GPU.format(kind=kind, version=version))


OLD, NEW, OTHER = gpu(35, '535.54'), gpu(35, '535.129'), gpu(36, '535.54')


def compare(holders, documents):
    texts = traits.Texts({d.digest: d for d in documents}, {})
    parties = pairs.by_document(texts, holders)
    return pairs.compare(parties, texts, decision.Policy()), texts


@pytest.fixture
def write(tmp_path):
    """Return a function that draws a fleet, as a page and as a picture."""

    def write_files(holders, documents):
        matrix, texts = compare(holders, documents)
        path = tmp_path / 'out.html'
        path.write_text(page.page(matrix, WORDS, texts))
        (tmp_path / 'out.svg').write_text(drawing.picture(matrix, WORDS))
        return path

    return write_files


@pytest.fixture
def small(write):
    holders = {
        OLD.digest: ['h1', 'h2', 'h3'],
        NEW.digest: ['h4'],
        OTHER.digest: ['h5'],
    }
    return write(holders, [OLD, NEW, OTHER])


@pytest.fixture
def large(write):
    """Draw 1,000 hosts with 50 documents."""
    documents = [
        gpu(kind, f'{major}.{minor}')
        for kind in range(35, 40)
        for major in (535, 550)
        for minor in range(54, 154, 20)
    ]
    chance = random.Random(1)
    holders = {document.digest: [] for document in documents}
    for number in range(1000):
        place = min(int(chance.expovariate(1 / 12)), len(documents) - 1)
        holders[documents[place].digest].append(f'compute{number:04}')
    return write({d: h for d, h in holders.items() if h}, documents)


@pytest.fixture
def hostile(write):
    """Draw documents and hosts that are out to do harm."""
    documents = []
    for text in NASTY:
        quoted = text.replace('\\', '\\\\').replace('"', '\\"')
        body = f' mdev_type="{quoted}"\n a="{quoted}"\n'
        found = f'SELF:\n{body}COMPATIBLE:\n a="x{quoted}"\n'
        documents.append(descriptor.parse(found))
    holders = {
        document.digest: [text, f'{text}2']
        for document, text in zip(documents, NASTY, strict=True)
    }
    return write(holders, documents)


def colours(window):
    return [
        window.style(rect, 'fill') for rect in window.all('.map .cell rect')
    ]


def channels(colour):
    return [int(part) / 255 for part in re.findall(r'\d+', colour)[:3]]


def luminance(colour):
    """As WCAG 2 defines it."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in channels(colour)
    ]
    return sum(
        c * w for c, w in zip(linear, (0.2126, 0.7152, 0.0722), strict=True)
    )


def contrast(one, other):
    """As WCAG 2 defines it."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize('suffix', ['.html', '.svg'])
def test_nothing_of_a_hosts_texts_is_run_or_loaded(window, hostile, suffix):
    window.open(hostile.with_suffix(suffix))
    # Everything is shown, and one cell clicked.
    window.run('document.querySelectorAll("details").forEach(d => d.open=1)')
    window.all('.map .cell')[1].click()

    assert window.run('return window.was_run === undefined')
    assert window.all('script, img, iframe, object, embed, svg svg') == []
    assert (
        window.run('return document.querySelectorAll("parsererror").length')
        == 0
    )
    assert window.loaded() == []
    assert window.console() == []
    # The text itself is there, for people.
    shown = window.run('return document.documentElement.textContent')
    assert NASTY[0] in shown
    assert '\u202e' not in shown


def test_a_cell_has_the_colour_and_the_number_of_its_pair(window, small):
    window.open(small)

    yes, one_way, no = (
        'rgb(0, 114, 178)',
        'rgb(155, 208, 240)',
        'rgb(238, 241, 244)',
    )
    assert colours(window) == [yes, one_way, no, no, yes, no, no, no, yes]
    texts = [cell.text for cell in window.all('.map .cell')]
    assert texts == ['3', '1', '', '', '1', '', '', '', '1']
    assert window.console() == []


def test_what_is_at_a_place_is_the_cell_of_its_row_and_column(window, small):
    window.open(small, height=2000)

    labels = [e.text for e in window.all('.map .row .name')]
    assert labels == [
        'nvidia-35, driver 535.54',
        'nvidia-35, driver 535.129',
        'nvidia-36, driver 535.54',
    ]
    found = window.run(
        """
        const middle = e => {
            const box = e.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        };
        const rows = [...document.querySelectorAll('.map .row')];
        return rows.map(row => [...row.querySelectorAll('.cell')].map(
            (cell, column) => {
                const [x] = middle(rows[0].querySelectorAll('.cell')[column]);
                const [, y] = middle(row.querySelector('.name'));
                const there = document.elementFromPoint(x, y);
                return there.closest('.cell').querySelector('title')
                    .textContent.split('\\n')[0];
            }));
        """
    )
    assert found == [
        [f'{source}  →  {target}' for target in labels] for source in labels
    ]


def test_resting_on_a_cell_shows_which_it_is_and_why(window, small):
    window.open(small)
    cell = window.all('.map .cell')[3]  # from the second to the first

    window.hover(cell)

    lit = [
        window.style(label, 'textDecorationLine') == 'underline'
        for label in window.all('.map .name')
    ]
    # The columns' labels, then the rows'.
    assert lit == [True, False, False, False, True, False]
    rect = cell.find_element('css selector', 'rect')
    assert window.style(rect, 'strokeWidth') == '2.5px'
    tip = window.run(
        'return arguments[0].querySelector("title").textContent', cell
    )
    assert 'driver_version' in tip
    assert "'535.54'" in tip


def test_clicking_a_cell_opens_the_details_of_its_row(window, small):
    window.open(small)
    details = window.all('details')[1]
    assert details.get_attribute('open') is None

    window.all('.map .cell')[3].click()

    assert details.get_attribute('open') is not None
    assert "driver_version: '535.54'" in details.text
    assert NEW.digest in details.text
    assert window.run(
        'const box = arguments[0].querySelector("dl").getBoundingClientRect();'
        'return box.top >= 0 && box.top < innerHeight',
        details,
    )


@pytest.mark.parametrize('width', [1280, 1920, 420])
def test_a_thousand_hosts_fit_into_a_window(window, large, width):
    window.open(large, width=width)

    assert window.run('return document.documentElement.scrollWidth') <= width
    assert len(window.all('.map .row')) == 50
    heights = window.run(
        'return [...document.querySelectorAll(".map .row .name")]'
        '.map(e => e.getBoundingClientRect().height)'
    )
    assert min(heights) >= 8
    if width >= 1280:
        [box] = window.all('.scroll')
        assert window.run(
            'return arguments[0].scrollWidth <= arguments[0].clientWidth', box
        )
    assert window.console() == []


@pytest.mark.parametrize('suffix', ['.html', '.svg'])
@pytest.mark.parametrize(
    'name', ['gpu', 'i' * 40, 'W' * 40, 'A_b1' * 9, '汉' * 40]
)
def test_no_text_leaves_the_picture(window, write, name, suffix):
    found = [
        descriptor.parse(f'SELF:\n mdev_type="{name}"\n firmware={number}\n')
        for number in range(5)
    ]
    path = write({d.digest: [f'{name}{d.digest}'] for d in found}, found)
    window.open(path.with_suffix(suffix), width=1600, height=1200)

    outside = window.run(
        """
        const all = document.querySelector('.map').getBoundingClientRect();
        return [...document.querySelectorAll('.map text')].filter(e => {
            const box = e.getBoundingClientRect();
            return box.left < all.left || box.right > all.right
                || box.top < all.top || box.bottom > all.bottom;
        }).map(e => e.textContent);
        """
    )
    assert outside == []


def test_labels_of_a_thousand_hosts_do_not_lie_on_each_other(window, large):
    window.open(large)

    boxes = window.run(
        """
        return [...document.querySelectorAll('.map .row .name')].map(e => {
            const box = e.getBoundingClientRect();
            return [box.left, box.top];
        });
        """
    )
    lefts, tops = zip(*boxes, strict=True)
    assert min(lefts) >= 0
    steps = [b - a for a, b in itertools.pairwise(tops)]
    assert min(steps) >= 9


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('suffix', ['.html', '.svg'])
def test_everything_can_be_read_by_day_and_by_night(
    window, small, scheme, suffix
):
    window.open(small.with_suffix(suffix), scheme=scheme)

    if suffix == '.html':
        ground = window.style(window.all('body')[0], 'backgroundColor')
    else:
        ground = window.style(window.all('.ground')[0], 'fill')
    assert (luminance(ground) > 0.5) is (scheme == 'light')
    for text in window.all('.map .row .name, .map .muted, .map .bad'):
        assert contrast(window.style(text, 'fill'), ground) >= 4.5
    for cell in window.all('.map .cell'):
        fill = window.style(cell.find_element('css selector', 'rect'), 'fill')
        for text in cell.find_elements('css selector', 'text'):
            assert contrast(window.style(text, 'fill'), fill) >= 4.5
    yes, one_way, no, *_ = colours(window)
    # Told apart without any colour.
    assert contrast(yes, one_way) >= 2
    assert contrast(yes, no) >= 3
    assert contrast(one_way, no) >= 1.4
    assert window.console() == []


def test_the_page_needs_no_javascript(window, small):
    driver = window.driver
    window.open(small)
    before = [
        cell.text for cell in window.all('.map .cell, details, .figures')
    ]
    tell = driver.execute_cdp_cmd
    tell('Emulation.setScriptExecutionDisabled', {'value': True})
    try:
        window.open(small)
        after = [
            cell.text for cell in window.all('.map .cell, details, .figures')
        ]
    finally:
        tell('Emulation.setScriptExecutionDisabled', {'value': False})

    assert after == before
    assert any('dead end' in text for text in after)
