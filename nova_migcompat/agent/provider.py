# SPDX-License-Identifier: Apache-2.0
"""Finds the compute node's resource provider.

By nova's compute_id file, as nova/virt/node.py reads it; else by name. Knows
nothing of traits.
"""

import pathlib
import socket
import uuid
from collections.abc import Iterable, Sequence

from nova_migcompat import placement
from nova_migcompat.agent import errors, reading

COMPUTE_ID = 'compute_id'


def compute_id(folders: Iterable[pathlib.Path]) -> str | None:
    """Read the compute node's UUID from nova's compute_id files.

    :param folders: where they may be, see nova_conf.NovaConf.
    :returns: the UUID; None where there is no such file.
    :raises errors.AgentError: where one cannot be read, is no UUID, or is
        another than the one before: nova-compute refuses these too.
    """
    found: dict[str, pathlib.Path] = {}
    for folder in folders:
        path = folder / COMPUTE_ID
        try:
            if not reading.exists(path):
                continue
            text = reading.read_file(path.resolve()).decode()
            found.setdefault(str(uuid.UUID(text.strip())), path)
        except (OSError, reading.UnreadableError) as e:
            raise errors.AgentError(
                f'{errors.plain(path)}: {_reason(e)}'
            ) from e
        except ValueError as e:
            raise errors.AgentError(
                f'{errors.plain(path)} holds no UUID'
            ) from e
    if len(found) > 1:
        files = ' and '.join(errors.plain(path) for path in found.values())
        raise errors.AgentError(f'{files} hold different UUIDs')
    return next(iter(found), None)


def _reason(error: OSError | reading.UnreadableError) -> str:
    reason = errors.plain(getattr(error, 'reason', error))
    if PermissionError in (type(error), type(error.__cause__)):
        return f'{reason}; the agent must run as a user that may read it'
    return reason


def host_names() -> tuple[str, ...]:
    """Return the names that nova-compute may have given this host.

    Not localhost, which a resolver may take every host's address for.
    """
    names = dict.fromkeys((socket.getfqdn(), socket.gethostname()))
    return tuple(n for n in names if n.partition('.')[0] != 'localhost')


def find(
    client: placement.PlacementClient,
    node_uuid: str | None,
    names: Sequence[str],
) -> placement.Provider:
    """Find the provider of this host's compute node.

    :param client: Placement.
    :param node_uuid: the compute node's UUID, where it is known.
    :param names: where it is not: the provider's names, the likeliest first.
    :raises errors.NoProviderError: where there is none (yet).
    :raises errors.AgentError: where it is not the root of its tree, so that it
        cannot be a compute node's.
    :raises placement.PlacementError: where Placement does not answer.
    """
    provider = None
    if node_uuid is not None:
        what = f"the UUID {node_uuid} (from nova-compute's {COMPUTE_ID})"
        provider = client.provider(uuid=node_uuid)
    else:
        what = 'the name ' + (
            ' or '.join(errors.quoted(n) for n in names)
            or 'of this host, which has none but localhost'
        )
        for name in names:
            provider = client.provider(name=name)
            if provider is not None:
                break
    if provider is None:
        raise errors.NoProviderError(
            f'Placement has no resource provider with {what}'
        )
    if provider.parent_uuid is not None:
        raise errors.AgentError(
            f'the resource provider with {what} is part of another one, so it'
            ' is no compute node; correct [agent] resource_provider'
        )
    return provider
