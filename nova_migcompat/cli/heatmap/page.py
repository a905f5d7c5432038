# SPDX-License-Identifier: Apache-2.0
"""Puts the heat map into a page of HTML, with figures and details.

The page is one file; its own policy forbids it to load or run anything. Texts
are made printable and escaped by jinja2, which writes all of it but the map
(``drawing``).
"""

import dataclasses
import importlib.resources

import jinja2
import markupsafe

from nova_migcompat import traits
from nova_migcompat.cli import cells, pairs
from nova_migcompat.cli.heatmap import caption, drawing, rows

_TEMPLATE = 'page.html.j2'
_MOST_DEAD, _MOST_TEXT = 12, 4096


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """What is said of a source in words.

    :param answers: targets of the same answer and reason: the answer, the
        reason, and the targets' labels.
    :param texts: of its documents, cut.
    """

    party: pairs.Party
    reach: int
    is_dead: bool
    answers: list[tuple[str, str, list[str]]]
    texts: list[str]


def page(
    matrix: pairs.Matrix, words: caption.Caption, texts: traits.Texts
) -> str:
    """Make the page.

    :param texts: the documents, which are quoted.
    """
    dead = [(number, matrix.parties[number]) for number in matrix.dead]
    # Both are made here: a style sheet of ours without any value, and XML that
    # xml.etree has escaped.
    style = f'{drawing.style(matrix)}{_file("page.css")}'
    sheet = markupsafe.Markup(style)  # noqa: S704  # nosec B704
    drawn = drawing.part(matrix, words)
    picture = markupsafe.Markup(drawn)  # noqa: S704  # nosec B704
    return (
        _environment()
        .get_template(_TEMPLATE)
        .render(
            title=caption.TITLE,
            words=words,
            figures=caption.figures(matrix, words),
            dead=dead[:_MOST_DEAD],
            more_dead=len(dead[_MOST_DEAD:]),
            counts=any(len(party.holders) > 1 for party in matrix.parties),
            rows=[_row(matrix, n, texts) for n in range(len(matrix.parties))],
            style=sheet,
            map=picture,
        )
    )


def _row(matrix: pairs.Matrix, source: int, texts: traits.Texts) -> _Row:
    party = matrix.parties[source]
    targets: dict[tuple[str, str], list[str]] = {}
    for target, pair in enumerate(matrix.pairs[source]):
        answer = caption.answer(pair)
        if rows.kind(matrix, source, target) == 'one-way':
            answer = 'yes, no way back'
        key = answer, caption.reason(pair)
        targets.setdefault(key, []).append(matrix.parties[target].label)
    return _Row(
        party,
        matrix.reach[source],
        source in matrix.dead,
        [(*key, labels) for key, labels in _yes_first(targets)],
        [
            texts.documents[digest].canonical[:_MOST_TEXT]
            for digest in party.digests
            if digest in texts.documents
        ],
    )


def _yes_first(
    targets: dict[tuple[str, str], list[str]],
) -> list[tuple[tuple[str, str], list[str]]]:
    return sorted(targets.items(), key=lambda item: item[0][0] < 'p')


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=True,
        finalize=_printable,
        loader=jinja2.FunctionLoader(_file),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters['names'] = caption.names
    environment.filters['count'] = _count
    return environment


def _printable(value: object) -> object:
    """Take every value on its way into the page, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, markupsafe.Markup):
        return cells.printable(value, keep='\n\t')
    return value


def _count(number: int, noun: str) -> str:
    return f'{number:,} {caption.plural(number, noun)}'


def _file(name: str) -> str:
    folder = importlib.resources.files(__package__)
    return folder.joinpath(name).read_text(encoding='utf-8')
