# SPDX-License-Identifier: Apache-2.0
"""The operator's command on the demonstration's fleet.

It asks the real Placement. Of Nova's API there is only what it reads of
servers and hypervisors, made up from the guests of the demonstration.
"""

import dataclasses
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.parse
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

#: Where the guests run that are to move: one with a VGPU, one with a VF.
VGPU_HOST = 'compute1'
VF_HOST = 'compute4'
#: Where a guest with a VF runs that cannot move.
STUCK_HOST = 'compute6'
#: The PCI alias by which guests have VFs.
ALIAS = 'nic-vf'

CLOUDS = """\
clouds:
  demo:
    auth_type: admin_token
    auth:
      endpoint: {placement}
      token: {token}
    placement_endpoint_override: {placement}
    compute_endpoint_override: {nova}
"""


@dataclasses.dataclass(frozen=True)
class Guest:
    """A server, as much of it as Nova's API shows."""

    uuid: str
    name: str
    host: str
    extra_specs: Mapping[str, str]

    def shown(self) -> dict[str, Any]:
        """Return it as GET /servers does."""
        return {
            'id': self.uuid,
            'name': self.name,
            'OS-EXT-SRV-ATTR:host': self.host,
            'OS-EXT-SRV-ATTR:hypervisor_hostname': self.host,
            'flavor': {'ram': 2048, 'extra_specs': dict(self.extra_specs)},
        }


def guests() -> list[Guest]:
    """Return the servers of the demonstration."""
    a_vgpu = {'resources:VGPU': '1'}
    a_vf = {'pci_passthrough:alias': f'{ALIAS}:1'}
    return [
        Guest(str(uuid.uuid4()), name, host, extra_specs)
        for name, host, extra_specs in (
            ('desktop', VGPU_HOST, a_vgpu),
            ('router', VF_HOST, a_vf),
            ('firewall', STUCK_HOST, a_vf),
        )
    ]


class NovaApi:
    """What the command reads of Nova's API, on a port of 127.0.0.1.

    :param guests: the servers.
    :param hosts: the UUIDs of compute nodes by their names.
    """

    def __init__(
        self, guests: Sequence[Guest], hosts: Mapping[str, str]
    ) -> None:
        self._guests = guests
        self._hosts = hosts
        answer = self._answer

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(answer(self.path)).encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(
            ('127.0.0.1', 0), Handler
        )
        self.url = f'http://127.0.0.1:{self._server.server_address[1]}'

    def __enter__(self) -> 'NovaApi':
        threading.Thread(
            target=self._server.serve_forever, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str) -> dict[str, Any]:
        url = urllib.parse.urlparse(path)
        if url.path == '/os-hypervisors/detail':
            return {
                'hypervisors': [
                    {
                        'id': uuid,
                        'hypervisor_hostname': name,
                        'service': {'host': name},
                        'state': 'up',
                        'status': 'enabled',
                        'memory_mb': 262144,
                    }
                    for name, uuid in self._hosts.items()
                ]
            }
        for guest in self._guests:
            if url.path == f'/servers/{guest.uuid}':
                return {'server': guest.shown()}
        [host] = urllib.parse.parse_qs(url.query).get('host', [''])
        found = [g.shown() for g in self._guests if host in ('', g.host)]
        return {'servers': found}


def write_clouds(
    folder: pathlib.Path, placement: str, token: str, nova: str
) -> None:
    """Say where the services are, as an operator's clouds.yaml does."""
    (folder / 'clouds.yaml').write_text(
        CLOUDS.format(placement=placement, token=token, nova=nova)
    )


def run(folder: pathlib.Path, *arguments: str) -> str:
    """Run nova-migcompat as an operator does who has that clouds.yaml.

    :param folder: where clouds.yaml is.
    :returns: what it prints, for one of 100 columns.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith('OS_')
    }
    done = subprocess.run(
        [sys.executable, '-m', 'nova_migcompat.cli.main', *arguments],
        cwd=folder,
        env={
            **environment,
            'OS_CLOUD': 'demo',
            'CLIFF_MAX_TERM_WIDTH': '100',
            'PYTHONPATH': str(pathlib.Path(__file__).parents[1]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return f'{done.stdout}{done.stderr}'.rstrip()
