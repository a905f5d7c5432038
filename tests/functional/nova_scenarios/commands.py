# SPDX-License-Identifier: Apache-2.0
"""The operator's command, run in the process of a scenario.

It asks Nova's real API over an adapter of keystoneauth1, and Placement. Knows
nothing of what it answers.
"""

import contextlib
import io
import json
import logging
import pathlib

import fixtures
from keystoneauth1 import adapter, session, token_endpoint

from nova_migcompat.cli import main


class Answer:
    """What a run of the command left.

    :ivar rows: what was printed, as json; None where nothing was
    """

    def __init__(self, status, out, err):
        self.status = status
        self.rows = json.loads(out) if out else None
        self.err = err

    def passes(self):
        """Return for each host whether it passes."""
        return {row['Host']: row['Passes'] for row in self.rows}

    def row(self, host):
        """Return the only row of a host."""
        [row] = [row for row in self.rows if row['Host'] == host]
        return row


class WithTheCommand:
    """To be mixed into a LiveMigrationScenario."""

    #: Who asks Nova's API.
    roles = ('admin', 'member', 'reader')

    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.config = folder / 'admin.conf'
        self.configure(self.placement.fixture.endpoint)
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_migcompat.cli.cloud.CloudLister.compute',
                lambda *_: self.nova_adapter(),
            )
        )

    def configure(self, endpoint):
        self.config.write_text(
            '[placement]\n'
            'auth_type = admin_token\n'
            f'endpoint = {endpoint}\n'
            f'token = {self.placement.fixture.token}\n'
            'connect_retries = 0\n'
        )

    def nova_adapter(self):
        """Return an adapter for Nova's API, for a user with some roles."""
        user = 'admin' if 'admin' in self.roles else 'somebody'
        url = self.admin_api.base_url
        return adapter.Adapter(
            session.Session(auth=token_endpoint.Token(url, 'token')),
            service_type='compute',
            additional_headers={
                'X-Auth-User': user,
                'X-User-Id': user,
                'X-Auth-Project-Id': self.api.project_id,
                'X-Roles': ','.join(self.roles),
            },
        )

    def command(self, *arguments):
        """Run nova-migcompat; what it asks is not the filter's."""
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                status = main.main(
                    [
                        *arguments,
                        '-f',
                        'json',
                        '--config-file',
                        str(self.config),
                    ]
                )
            finally:
                root.handlers[:] = handlers
                root.setLevel(level)
        self.requests = list(self.filter.requests)
        self.filter.forget()
        return Answer(status, out.getvalue(), err.getvalue())

    def explain(self, server, *arguments):
        return self.command('explain', '--server', server['id'], *arguments)


def by(row):
    """Return by what a row of explain passes."""
    return row['Object'], row['Variables'], row['Device']
