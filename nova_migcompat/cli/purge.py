# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat purge: delete the names in Placement that nobody needs.

Agents publish at the same time. An agent creates the text's names, puts the
document's name on its provider and looks whether the text is still there; here
it is looked which documents providers have, the text's names are deleted, and
it is looked again. So one of the two sees the other, and puts the text back
(DESIGN.md, "Publishing order").
"""

import argparse
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nova_migcompat import fleet, placement, traits
from nova_migcompat.agent import errors
from nova_migcompat.cli import base, cloud
from nova_migcompat.placement import together

COLUMNS = ('Digest', 'Kind', 'Names', 'Reason', 'Result')

TEXT, DOCUMENT, LOCATION, FIELD = 'text', 'document', 'location', 'field'
_KINDS = {
    traits.TEXT_PREFIX: TEXT,
    traits.DOCUMENT_PREFIX: DOCUMENT,
    traits.LOCATION_PREFIX: LOCATION,
    traits.FIELD_PREFIX: FIELD,
}

UNTOUCHED = 'would be removed'
REMOVED = 'removed'
TAKEN_UP = 'in use meanwhile'

#: Placement deletes names one by one; so many requests are sent side by side.
REQUESTS_AT_ONCE = 8

#: Refusals that every other request would meet as well.
_HOPELESS = (None, 401, 403)


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Names of one kind that go together.

    :param kind: TEXT, DOCUMENT, LOCATION or FIELD.
    :param digest: the document's; None for fields.
    :param names: the names, sorted.
    """

    kind: str
    digest: str | None
    names: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why nobody needs them."""
        what = 'document' if self.kind == TEXT else 'name'
        return f'no provider has the {what}'


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a group.

    :param result: in words.
    :param failed: whether a name could not be removed though nobody has it.
    """

    group: Group
    result: str
    failed: bool = False

    def row(self) -> tuple[str | None, str, int, str, str]:
        """Return what is printed."""
        group = self.group
        count = len(group.names)
        return group.digest, group.kind, count, group.reason, self.result


class Purge(cloud.CloudLister):
    """Delete the names in Placement that no provider's document needs.

    These are the texts of documents that no provider has, and the names of
    documents and locations that no provider has. Names of another form, as
    a later version may make them, stay. Agents may run meanwhile: what one of
    them takes up is put back. It needs the right to delete
    traits, which the agents do not have: run it as an administrator.
    """

    _epilog = """\
exit status:
  0  all of them are removed, or there were none
  1  at least one could not be removed
  2  Placement cannot be reached or refuses, or the command line is wrong

example:
  $ nova-migcompat purge --os-cloud admin --dry-run
  $ nova-migcompat purge --os-cloud admin -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--dry-run',
            action='store_true',
            help='print what would be removed, and remove nothing',
        )
        parser.add_argument(
            '--fields',
            action='store_true',
            help='remove the names of fields (CUSTOM_MIGCOMPAT_F_) that no '
            'provider has as well; while a flavor or an image requires or '
            'forbids such a name, Placement refuses every request for it',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Find what nobody needs, and remove it."""
        client = self.placement(parsed_args, at_once=REQUESTS_AT_ONCE)
        groups = unused(client, fields=parsed_args.fields)
        if parsed_args.dry_run:
            outcomes = [Outcome(group, UNTOUCHED) for group in groups]
        else:
            place = {group: number for number, group in enumerate(groups)}
            outcomes = sorted(
                remove(client, groups), key=lambda o: place[o.group]
            )
        if not outcomes:
            self.nothing('there is nothing to remove')
        if any(outcome.failed for outcome in outcomes):
            self.status = base.NO
        return COLUMNS, [outcome.row() for outcome in outcomes]


def unused(
    client: placement.PlacementClient, *, fields: bool = False
) -> list[Group]:
    """Find the names that nobody needs at this moment.

    :param client: Placement.
    :param fields: whether F names are looked for; flavors may name those.
    :returns: the groups, by digest and kind.
    :raises placement.PlacementError: where Placement does not answer.
    """
    idle = client.traits(startswith=traits.PREFIX, associated=False)
    used = fleet.documents_in_use(client)
    found: dict[tuple[str, str], list[str]] = {}
    for name in sorted(idle):
        kind, digest = _kind(name), traits.digest_in(name)
        wanted = fields if kind == FIELD else digest is not None
        if kind and wanted and not (kind == TEXT and digest in used):
            found.setdefault((digest or '', kind), []).append(name)
    return [
        Group(kind, digest or None, tuple(names))
        for (digest, kind), names in sorted(found.items())
    ]


def remove(
    client: placement.PlacementClient, groups: Sequence[Group]
) -> Iterator[Outcome]:
    """Delete names, but those that a provider takes up meanwhile.

    :param client: Placement, with the right to delete traits.
    :param groups: what ``unused`` found.
    :raises placement.PlacementError: where Placement does not answer, or
        refuses everything. Text that a provider took up meanwhile may be
        missing then: the agents' next full check puts it back.
    """
    texts = [group for group in groups if group.kind == TEXT]
    yield from _delete(client, [g for g in groups if g.kind != TEXT])
    # A document taken up meanwhile is without its text for one batch only.
    for first in range(0, len(texts), placement.MAX_NAMES):
        yield from _remove_texts(
            client, texts[first : first + placement.MAX_NAMES]
        )


def _kind(name: str) -> str | None:
    """Tell the kind of a name; None for one that another version made."""
    kinds = (
        kind for prefix, kind in _KINDS.items() if name.startswith(prefix)
    )
    return next(kinds, None)


def _remove_texts(
    client: placement.PlacementClient, batch: Sequence[Group]
) -> list[Outcome]:
    used = _used(client, batch)
    outcomes = [Outcome(group, TAKEN_UP) for group in batch if group in used]
    going = [group for group in batch if group not in used]
    try:
        deleted = _delete(client, going)
    finally:
        taken_up = _used(client, going)
        client.create_traits(_names(taken_up))
    for outcome in deleted:
        if outcome.group in taken_up:
            outcome = Outcome(outcome.group, TAKEN_UP)
        outcomes.append(outcome)
    return outcomes


def _used(
    client: placement.PlacementClient, groups: Iterable[Group]
) -> list[Group]:
    """Choose the groups whose document a provider has."""
    names = {
        traits.document_trait(group.digest): group
        for group in groups
        if group.digest
    }
    used = client.traits(names=names.keys(), associated=True)
    return [names[name] for name in used]


def _delete(
    client: placement.PlacementClient, groups: Sequence[Group]
) -> list[Outcome]:
    """Delete the names of some groups, several side by side.

    :raises placement.PlacementError: where Placement does not answer, or
        refuses everything; nothing is sent after that.
    """
    refusals: dict[str, placement.PlacementError] = {}

    def delete(name: str) -> None:
        """Delete one name, or note why it stays."""
        try:
            client.delete_trait(name)
        except placement.NotFound:
            pass  # another purge was faster
        except placement.PlacementError as e:
            if e.status in _HOPELESS:
                raise
            refusals[name] = e

    together.each(delete, _names(groups), client.at_once)
    return [_outcome(group, refusals) for group in groups]


def _outcome(
    group: Group, refusals: Mapping[str, placement.PlacementError]
) -> Outcome:
    """Tell what became of a group.

    Of several refusals the last is shown, and one that is an error before one
    of a name that is in use.
    """
    result, failed = REMOVED, False
    for name in group.names:
        refusal = refusals.get(name)
        if isinstance(refusal, placement.Conflict):
            result = result if failed else TAKEN_UP
        elif refusal is not None:
            result, failed = f'not removed: {errors.plain(refusal)}', True
    return Outcome(group, result, failed)


def _names(groups: Iterable[Group]) -> Iterator[str]:
    return itertools.chain.from_iterable(group.names for group in groups)
