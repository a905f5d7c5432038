# SPDX-License-Identifier: Apache-2.0
"""A fleet with so many compatible documents that a URL cannot name them all.

Placement is behind a server that refuses longer request lines, as uWSGI and
Apache do. Of most hosts of the fleet there is only what their agents would
have published: providers with names and aggregates.
"""

import fixtures
import nova.conf
import webob.exc
from placement import deploy as placement_deploy

from nova_migcompat import descriptor, traits
from nova_migcompat.placement import load_adapter
from tests import placement_server
from tests.functional.nova_scenarios import base, documents, push_down

CONF = nova.conf.CONF

LONGEST_LINE = 4096
LONGEST_URL = 4000
DOCUMENTS_OF_A_HOST = 64


def document(number):
    """Return one of many documents, each of which accepts all others."""
    return (
        f'SELF:\n board=A40\n serial={number}\n'
        'COMPATIBLE:\n board=A40\n serial={any:int:0..}\n'
    )


class ShortLines:
    """A WSGI application behind a server that refuses long request lines.

    :ivar lines: the request lines, since they were cleared
    :ivar refused: all that were too long
    """

    def __init__(self, application):
        self._application = application
        self.lines = []
        self.refused = []

    def __call__(self, environ, start_response):
        request = webob.Request(environ)
        line = f'{request.method} {request.path_qs} HTTP/1.1'
        self.lines.append(line)
        if len(line) > LONGEST_LINE:
            self.refused.append(line)
            refusal = webob.exc.HTTPRequestURITooLong()
            return refusal(environ, start_response)
        return self._application(environ, start_response)


class ManyDocuments(base.LiveMigrationScenario):
    """By itself the scheduler prefers "wrong", which has more memory."""

    def setUp(self):
        load = placement_deploy.loadapp

        def loadapp(*arguments, **options):
            self.server = ShortLines(load(*arguments, **options))
            return self.server

        self.useFixture(
            fixtures.MonkeyPatch('placement.deploy.loadapp', loadapp)
        )
        super().setUp()
        self.source = self.start_host('source', gpus=1)
        self.wrong = self.start_host('wrong', gpus=1, memory_gb=64)
        self.right = self.start_host('right', gpus=1)
        self.devices_agree = {('source', 'right')}
        self.report(self.source, document(0))
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.right, document(1))

    def publish(self, numbers):
        """Let other hosts of the fleet have these documents."""
        admin = placement_server.Admin(load_adapter(CONF))
        parsed = [descriptor.parse(document(number)) for number in numbers]
        for start in range(0, len(parsed), DOCUMENTS_OF_A_HOST):
            of_host = parsed[start : start + DOCUMENTS_OF_A_HOST]
            for each in of_host:
                admin.create_traits(traits.text_traits(each))
            names = [traits.document_trait(each.digest) for each in of_host]
            admin.create_provider(f'other{start}', traits=names)
        self.server.lines.clear()
        self.filter.forget()

    def migrate(self, server):
        """Migrate live; return the lines of Nova's queries for candidates."""
        self.assert_goes_straight_to('right', server)
        self.assertEqual([], self.server.refused)
        self.assertEqual([], self.filter_log('ERROR'))
        for request in self.filter.requests:
            _, url = request.split()
            self.assertLessEqual(len(url), LONGEST_URL)
        return [
            line
            for line in self.server.lines
            if line.startswith('GET /placement/allocation_candidates')
        ]

    def test_of_a_thousand_no_query_requires_any(self):
        server = self.boot(self.vgpu_flavor(), self.source)
        self.publish(range(2, 1000))

        [line] = self.migrate(server)

        self.assertNotIn('member_of', line)

    def test_a_query_that_requires_most_and_zone_and_tenant_is_sent(self):
        self.flags(
            group='scheduler',
            limit_tenants_to_placement_aggregate=True,
            enable_isolated_aggregate_filtering=True,
        )
        hosts = self.hosts.values()
        tenant = self.api.project_id
        self.aggregate(*hosts, availability_zone='near')
        self.aggregate(*hosts, filter_tenant_id=tenant)
        self.aggregate(filter_tenant_id=tenant)
        self.aggregate(**{'trait:CUSTOM_LICENSED': 'required'})
        server = self.boot(self.vgpu_flavor(), self.source, az='near')
        self.publish(range(2, 64))

        [line] = self.migrate(server)

        required = push_down.required_aggregates(line)
        self.assertEqual([1, 1, 2, 64], sorted(map(len, required)))
