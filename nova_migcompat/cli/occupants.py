# SPDX-License-Identifier: Apache-2.0
"""Which servers are on a device of which document now, host by host.

Knows no command, and judges nothing.
"""

from collections.abc import Iterable, Mapping

from nova_migcompat.cli import compute, guests

#: The names of servers by UUID, by the name of the host and the digest.
Occupants = Mapping[tuple[str, str], Mapping[str, str]]


def read(
    reader: guests.Reader, servers: Iterable[compute.Server]
) -> Occupants:
    """Find out what documents the devices of servers have.

    Where it is not known which device a server has, it is on each document
    that it may be.

    :raises base.InputError: Placement has no provider for a server's host.
    :raises placement.PlacementError:
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for server in servers:
        digests = {
            digest
            for wanted in reader.of_server(server).wanted
            for digest in wanted.documents()
        }
        for digest in digests:
            of_document = found.setdefault((str(server.node), digest), {})
            of_document[server.uuid] = server.name
    return found
