# SPDX-License-Identifier: Apache-2.0
"""How the plan of an upgrade is shown: rows, and sentences about the whole.

Programs get digests; people their beginnings and a few words besides. Knows
nothing of where a plan comes from.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence

from nova_migcompat import traits, upgrades
from nova_migcompat.cli import cells, labels, occupants

COLUMNS = (
    'Step',
    'Hosts',
    'Guests From',
    'May Go To',
    'Stuck',
    'Why',
    'Servers',
)
PAIR_COLUMNS = ('Change', 'From', 'To', 'Hosts Before', 'Hosts After', 'Why')

_DIGEST = re.compile('[A-Z2-7]{32}')

#: A level of logging, and what is said.
Note = tuple[int, str]


class Words:
    """What people call documents.

    :param texts: the documents, and why others cannot be read.
    """

    def __init__(self, texts: traits.Texts) -> None:
        self._labels = labels.tell_apart(texts)

    def of(self, digest: str) -> str:
        """Name a document by the beginning of its digest, and in words."""
        words = self._labels.get(digest, 'text cannot be read')
        return f'{labels.short(digest)} ({words})'

    def within(self, text: str) -> str:
        """Name each document in a text so."""
        return _DIGEST.sub(
            lambda m: self.of(m[0]) if m[0] in self._labels else m[0], text
        )

    def cell(self, digest: str) -> cells.Cell:
        """Return a cell with a digest, and words for tables."""
        return cells.Cell(digest, self.of(digest))

    def lines(self, texts: Sequence[str]) -> cells.Cell:
        """Return a cell with texts, and one line of words for each."""
        shown = [cells.printable(self.within(text)) for text in texts]
        return cells.Cell('; '.join(texts), '\n'.join(shown), '\n')


def step_rows(
    plan: upgrades.Plan,
    words: Words,
    servers: occupants.Occupants | None,
) -> Iterator[Sequence[object]]:
    """Yield a row for each step, and for each document replaced in it.

    :param servers: those that are there now; None: nobody knows.
    """
    for number, step in enumerate(plan.steps, 1):
        for move in step.moves:
            yield (
                number,
                cells.Cell(
                    list(step.hosts),
                    cells.some(step.hosts, separator='\n'),
                    '\n',
                ),
                words.cell(move.source),
                _targets(move.targets, len(step.hosts), words),
                move.stuck is not None,
                words.lines(move.stuck.why) if move.stuck else None,
                _servers(servers, step.hosts, move.source),
            )


def pair_rows(
    pairs: Sequence[upgrades.PairChange], words: Words
) -> Iterator[Sequence[object]]:
    """Yield a row for each pair that is lost or gained."""
    for pair in pairs:
        yield (
            pair.kind,
            words.cell(pair.source),
            words.cell(pair.target),
            _counts(*pair.before),
            _counts(*pair.after),
            words.lines([pair.why]) if pair.why else None,
        )


def notes(
    plan: upgrades.Plan, texts: traits.Texts, words: Words
) -> Iterator[Note]:
    """Say what no row says.

    :param texts: of the fleet.
    """
    if texts.problems:
        unread = [f'{d}: {why}' for d, why in sorted(texts.problems.items())]
        yield (
            logging.WARNING,
            f'{len(unread):,} document{"s" if len(unread) > 1 else ""} of the'
            ' fleet cannot be read; no guest is taken to be able to move'
            f' there: {cells.some(unread, separator="; ")}',
        )
    count = len(plan.order)
    if plan.proof:
        yield logging.WARNING, words.within(str(plan.proof))
    elif plan.exists:
        yield (
            logging.WARNING,
            f'There is an order of {_hosts(count)} in which no guest is ever'
            ' stuck.',
        )
    else:
        yield (
            logging.ERROR,
            f'Not found out: {plan.states:,} states were looked at, and there'
            ' are more. Plan fewer documents or hosts at once (--hosts). In'
            ' the order shown, guests are stuck.',
        )
    for end in plan.dead_ends:
        yield _dead_end(end, words)


def unknown_servers(
    servers: occupants.Occupants | None, why: str
) -> Iterator[Note]:
    """Say that nobody knows which servers there are, where that is so.

    :param why: what Nova or Placement answered; empty: nobody was asked.
    """
    if servers is None:
        yield (
            logging.WARNING,
            f'Which servers there are is not known{why and f" ({why})"}: every'
            ' host is taken to have a guest on each of its documents.',
        )


def _dead_end(end: upgrades.DeadEnd, words: Words) -> Note:
    guests = f'a guest on {words.of(end.digest)} at {cells.some(end.hosts)}'
    if end.until is not None:
        return (
            logging.WARNING,
            f'After step {end.since} and until step {end.until} is done,'
            f' {guests} could not leave again.',
        )
    why = words.within('; '.join(end.guest.why))
    return (
        logging.WARNING,
        f'After step {end.since}, and for good, {guests} cannot leave again'
        f' ({why}).',
    )


def _targets(
    targets: Mapping[str, int], hosts: int, words: Words
) -> cells.Cell:
    fewest = 'at least ' if hosts > 1 else ''
    shown = [
        f'{cells.printable(words.of(digest))}: {fewest}{_hosts(count)}'
        for digest, count in sorted(targets.items())
    ]
    return cells.Cell(dict(sorted(targets.items())), '\n'.join(shown), '\n')


def _servers(
    servers: occupants.Occupants | None, hosts: Sequence[str], digest: str
) -> cells.Cell:
    if servers is None:
        return cells.Cell(None)
    found = {
        uuid: name
        for host in hosts
        for uuid, name in servers.get((host, digest), {}).items()
    }
    shown = [f'{uuid} {name}' for uuid, name in found.items()]
    return cells.Cell(found, cells.some(shown, separator='\n'), '\n')


def _counts(sources: int, targets: int) -> cells.Cell:
    return cells.Cell(
        {'From': sources, 'To': targets}, f'{sources:,} -> {targets:,}'
    )


def _hosts(count: int) -> str:
    return f'{count:,} host{"" if count == 1 else "s"}'
