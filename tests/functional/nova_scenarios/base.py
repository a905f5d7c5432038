# SPDX-License-Identifier: Apache-2.0
"""What every scenario needs: the filter in Nova's scheduler, servers that
move, and a record of which hosts Nova tried.

Real: nova-api, conductor, scheduler, compute manager, libvirt driver,
Placement, the agent, the filter. Fake: libvirt, sysfs, and the device itself:
whether it takes in another device's state is ``devices_agree``, written down
by hand in the scenario. It must not know how our side decides.
"""

import logging
import uuid
from urllib import parse

import fixtures
import nova.conf
import nova.exception
from keystoneauth1 import loading
from lxml import etree
from nova import objects
from nova.scheduler import request_filter
from nova.scheduler.client import report
from nova.tests.functional.api import client
from nova.virt.libvirt import driver as libvirt_driver

from nova_migcompat.conf import filter as filter_conf
from tests.functional.nova_scenarios import hosts, spies

CONF = nova.conf.CONF

FILTER = 'MigrationCompatibilityFilter'


class LiveMigrationScenario(hosts.HostsWithAgents):
    """A cloud of hosts with devices, and servers that move between them."""

    # Nova's other weighers see what a move before has left behind, and scale
    # the least difference up to the same weight.
    WEIGHT_CLASSES = ['nova.scheduler.weights.ram.RAMWeigher']

    #: Without it the scheduler is Nova's own.
    filter_enabled = True

    def setUp(self):
        filter_conf.register_opts(CONF)
        # The filter adds one of ours to Nova's list, which all tests share.
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.scheduler.request_filter.ALL_REQUEST_FILTERS',
                list(request_filter.ALL_REQUEST_FILTERS),
            )
        )
        # A weigher of ours asks for more, in this process alone.
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_migcompat.scheduler.deciding.REQUESTS.are_weighed', False
            )
        )
        self.filter = self.useFixture(spies.FilterSpy())
        #: (source, target): the device of the target takes in the source's.
        self.devices_agree = set()
        #: The hosts that Nova asked, in order.
        self.attempts = []
        super().setUp()
        # As in production: at DEBUG, where Nova's tests are, the filter asks
        # Placement for more than a decision needs.
        logger = logging.getLogger('nova_migcompat')
        self.addCleanup(logger.setLevel, logger.level)
        logger.setLevel(logging.INFO)
        self._patch_live_migration()
        self.useFixture(
            fixtures.MockPatch(
                'nova.virt.libvirt.driver.LibvirtDriver'
                '.migrate_disk_and_power_off',
                return_value='{}',
            )
        )

    def _setup_scheduler_service(self):
        """Start nova-scheduler as an operator would have configured it."""
        # nova.tests patches its own report client; the filter makes a client
        # of its own from [placement], which here leads to the same Placement.
        CONF.register_opts(
            loading.get_auth_plugin_conf_options('admin_token'),
            group='placement',
        )
        self.flags(
            group='placement',
            auth_type='admin_token',
            endpoint=self.placement.fixture.endpoint,
            token=self.placement.fixture.token,
        )
        self.flags(
            group='filter_scheduler',
            available_filters=[
                'nova.scheduler.filters.all_filters',
                f'nova_migcompat.scheduler.filters.{FILTER}',
            ],
            enabled_filters=[
                *CONF.filter_scheduler.enabled_filters,
                *([FILTER] if self.filter_enabled else []),
            ],
            weight_classes=self.WEIGHT_CLASSES,
        )
        return super()._setup_scheduler_service()

    def run_agent(self, host):
        """Run the agent of a host; what it asks is not the filter's."""
        super().run_agent(host)
        self.filter.forget()

    def boot(self, flavor_id, host=None, **options):
        """Boot a server, on a host or where the scheduler puts it.

        :param options: more for Nova's own ``_create_server``
        """
        return self._create_server(
            flavor_id=flavor_id,
            host=host and host.name,
            **{'networks': 'none', **options},
        )

    def aggregate(self, *of_hosts, **metadata):
        """Make a host aggregate; return its UUID.

        :param of_hosts: the Hosts in it
        :param metadata: its metadata
        """
        made = self.admin_api.post_aggregate(
            {'aggregate': {'name': str(uuid.uuid4())}}
        )
        for host in of_hosts:
            self.admin_api.add_host_to_aggregate(made['id'], host.name)
        self.admin_api.post_aggregate_action(
            made['id'], {'set_metadata': {'metadata': metadata}}
        )
        return made['uuid']

    def vgpu_flavor(self, **extra_specs):
        """Return the ID of a flavor with one VGPU."""
        return self.flavor(**{'resources:VGPU': '1', **extra_specs})

    def flavor(self, **extra_specs):
        """Return the ID of a flavor with these extra specs."""
        return self._create_flavor(extra_spec=extra_specs)

    def vf_flavor(self, count=1):
        """Return the ID of a flavor with VFs by PCI alias."""
        return self._create_flavor(
            extra_spec={'pci_passthrough:alias': f'{hosts.VF_ALIAS}:{count}'}
        )

    def live_migrate(self, server, host=None):
        """Migrate a server live, which must succeed.

        :param server: the server, as the API shows it
        :param host: the Host that the user names, if any
        :returns: the name of the host where it is then
        """
        self._request_live_migration(server, host)
        self._wait_for_migration_status(server, ['completed'])
        self._wait_for_state_change(server, 'ACTIVE')
        return self.host_of(server)

    def assert_goes_straight_to(self, host, server):
        """Migrate a server live: Nova must try one host only.

        :param host: the name of that host
        :param server: the server, as the API shows it
        """
        self.assertEqual(host, self.live_migrate(server))
        self.assertEqual([host], self.attempts)

    def live_migration_fails(self, server, host=None):
        """Migrate a server live, which must find no host.

        The server must be what it was before, where it was before.

        :param server: the server, as the API shows it
        :param host: the Host that the user names, if any
        :returns: the UUID of the Migration
        """
        source = self.host_of(server)
        error = self.assertRaises(
            client.OpenStackApiException,
            self._request_live_migration,
            server,
            host,
        )
        self.assertIn('NoValidHost', str(error))
        server = self.api.get_server(server['id'])
        self.assertEqual('ACTIVE', server['status'])
        self.assertEqual(source, server['OS-EXT-SRV-ATTR:host'])
        self._wait_for_migration_status(server, ['error'])
        return self.migration_uuid(server)

    def _request_live_migration(self, server, host):
        # Nova's tests call where Nova casts: its errors reach the user here.
        request = {'host': host and host.name, 'block_migration': 'auto'}
        self.api.post_server_action(server['id'], {'os-migrateLive': request})

    def host_of(self, server):
        """Return the name of the host where a server is now."""
        return self.api.get_server(server['id'])['OS-EXT-SRV-ATTR:host']

    def migration_uuid(self, server):
        """Return the UUID of the newest Migration of a server."""
        return max(
            self.admin_api.api_get(
                f'/os-migrations?instance_uuid={server["id"]}'
            ).body['migrations'],
            key=lambda migration: migration['id'],
        )['uuid']

    def offer_first(self, provider_name):
        """Let Placement name the candidates first that take from a provider.

        Their order is random otherwise, and Nova tries one for each host.
        """
        uuid = self._get_provider_uuid_by_name(provider_name)
        ask = report.SchedulerReportClient.get_allocation_candidates

        def get_allocation_candidates(reports, context, resources):
            candidates, *rest = ask(reports, context, resources)
            candidates.sort(key=lambda each: uuid not in each['allocations'])
            return candidates, *rest

        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.scheduler.client.report.SchedulerReportClient'
                '.get_allocation_candidates',
                get_allocation_candidates,
            )
        )

    def providers_of(self, server):
        """Return the names of what a server has allocations of, besides the
        compute node itself.
        """
        held = self._get_allocations_by_server_uuid(server['id'])
        names = {
            self._get_resource_provider_by_uuid(uuid)['name'] for uuid in held
        }
        return names - {self.host_of(server)}

    def assigned_devices(self, server):
        """Return the PCI addresses of the devices that a server has."""
        instance = objects.Instance.get_by_uuid(
            self.context, server['id'], expected_attrs=['pci_devices']
        )
        return [device.address for device in instance.pci_devices]

    def assert_asked_little(self, *queries):
        """No HTTP, and so many queries each time that Nova asked."""
        self.assertEqual([], self.filter.requests)
        if self.filter_enabled:
            self.assertEqual(
                list(queries),
                [len(asked) for asked in self.filter.queries],
                self.filter.queries,
            )

    def queries_of_placement(self):
        """Return a list of the queries for candidates, as Nova sends them.

        It grows from now on.
        """
        queries = []
        ask = report.SchedulerReportClient.get_allocation_candidates

        def get_allocation_candidates(reports, context, resources):
            queries.append(resources.to_querystring())
            return ask(reports, context, resources)

        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.scheduler.client.report.SchedulerReportClient'
                '.get_allocation_candidates',
                get_allocation_candidates,
            )
        )
        return queries

    def _patch_live_migration(self):
        check = libvirt_driver.LibvirtDriver.check_can_live_migrate_destination

        def asked(driver, context, instance, *args, **kwargs):
            target = driver._host.get_hostname()
            self.attempts.append(target)
            if (instance.host, target) not in self.devices_agree:
                raise nova.exception.MigrationPreCheckError(
                    reason='the device does not take in the state of '
                    'the source device'
                )
            return check(driver, context, instance, *args, **kwargs)

        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.virt.libvirt.driver.LibvirtDriver'
                '.check_can_live_migrate_destination',
                asked,
            )
        )
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.tests.fixtures.libvirt.Domain.migrateToURI3',
                self._migrate_stub,
            )
        )

    def _migrate_stub(self, domain, destination, params, flags):
        """Do what libvirt on both sides would: the guest appears there."""
        target = self.computes[parse.urlparse(destination).netloc]
        xml = params['destination_xml']
        target.driver._host.get_connection().createXML(xml, 0)
        source = self.computes[domain._connection.hostname]
        uuid = etree.fromstring(xml).findtext('./uuid')
        connection = source.driver._host.get_connection()
        connection.lookupByUUIDString(uuid).complete_job()

    def filter_log(self, level='INFO'):
        """Return our lines of a level in the scheduler's log."""
        return [
            line
            for line in self.stdlog.logger.output.splitlines()
            if f' {level} [nova_migcompat.scheduler.' in line
        ]
