# SPDX-License-Identifier: Apache-2.0
"""Nova and the agent write to the providers of one host at the same time.

Nova's side is its own code: the periodic task of nova-compute with the libvirt
driver's provider tree, the API call that disables the service, which sets a
trait, and the one that takes the host into an aggregate. Each writer has a
thread of its own and changes something each time.
"""

import collections
import threading

import fixtures
import nova.conf
import nova.context
import os_traits
import webob
from nova import exception
from placement import deploy as placement_deploy

from nova_migcompat import placement, traits
from nova_migcompat.agent import cycle
from nova_migcompat.agent import main as agent_main
from tests.functional.nova_scenarios import documents, hosts

CONF = nova.conf.CONF

ROUNDS = 60
NAME = 'compute1'
GPUS = (f'{NAME}_pci_0000_81_00_0', f'{NAME}_pci_0000_81_01_0')


class OneAtATime:
    """A WSGI application as one thread of a server would run it.

    Writers meet in Placement, which compares generations, and not in SQLite,
    which would refuse them for reasons of its own.

    :ivar puts: how many PUTs had which status, by whether the agent sent them
    :ivar lost: traits of Nova's that a PUT of the agent's has taken away or
        brought back
    """

    def __init__(self, application):
        self._application = application
        self._lock = threading.Lock()
        self.puts = collections.Counter()
        self.lost = []

    def __call__(self, environ, start_response):
        request = webob.Request(environ)
        with self._lock:
            return self._answer(request)(environ, start_response)

    def _answer(self, request):
        if request.method != 'PUT':
            return request.get_response(self._application)
        is_agents = 'migcompat' in (request.user_agent or '')
        before = self._traits(request)
        answer = request.get_response(self._application)
        self.puts[is_agents, answer.status_code] += 1
        changed = before ^ self._traits(request)
        if is_agents:
            self.lost += [n for n in changed if not traits.is_ours(n)]
        return answer

    def _traits(self, request):
        """Return what stands on the provider that a request is about."""
        provider = request.path_info.split('/resource_providers/')[-1][:36]
        answer = webob.Request.blank(
            f'/resource_providers/{provider}/traits', headers=request.headers
        ).get_response(self._application)
        return set(answer.json.get('traits', ()))


class Writer(threading.Thread):
    """Writes again and again, and counts how often it gave up.

    :param step: writes; gets the number of the round
    :param gives_up: what it may raise where others were always faster
    :ivar given_up: how often it did
    :ivar error: what else it raised, which ends it
    """

    def __init__(self, step, gives_up):
        super().__init__(name=step.__name__)
        self._step = step
        self._gives_up = gives_up
        self.given_up = 0
        self.error = None

    def run(self):
        for number in range(ROUNDS):
            try:
                self._step(number)
            except self._gives_up:
                self.given_up += 1
            except Exception as e:  # noqa: BLE001  told by the test
                self.error = e
                return


class BesideNova(hosts.HostsWithAgents):
    """One host with two GPUs and two VFs, which four write about at once."""

    def setUp(self):
        real = placement_deploy.loadapp

        def loadapp(*arguments, **options):
            self.placement_app = OneAtATime(real(*arguments, **options))
            return self.placement_app

        self.useFixture(
            fixtures.MonkeyPatch('placement.deploy.loadapp', loadapp)
        )
        super().setUp()
        self.host = self.start_host(NAME, gpus=2, pfs=1, vfs_of_a_pf=2)
        self.compute = self.computes[NAME]
        self.agent_conf = agent_main.load_conf(self.agent_arguments(self.host))
        self.agent_client = placement.PlacementClient(
            placement.load_adapter(self.agent_conf)
        )
        (service,) = self.admin_api.get_services(binary='nova-compute')
        self.service_id = service['id']
        self.aggregate = self.admin_api.post_aggregate(
            {'aggregate': {'name': 'rack'}}
        )

    def update_resources(self, number):
        """Run nova-compute's periodic task; its inventory has changed."""
        CONF.set_override('reserved_host_memory_mb', 512 + number)
        self.compute.manager.rt.update_available_resource(
            nova.context.get_admin_context(), NAME
        )

    def disable_and_enable(self, number):
        """Disable the service in the end, which sets a trait."""
        status = 'disabled' if number % 2 else 'enabled'
        self.admin_api.put_service(self.service_id, {'status': status})

    def join_and_leave(self, number):
        """Be in an aggregate in the end."""
        change = (
            self.admin_api.add_host_to_aggregate
            if number % 2
            else self.admin_api.remove_host_from_aggregate
        )
        change(self.aggregate['id'], NAME)

    def report_documents(self, number):
        """Run the agent: the devices differ in the end."""
        texts = [documents.UUID1, documents.UUID2 if number % 2 else None]
        for address, text in zip(self.host.devices, texts * 2, strict=True):
            self.host.sysfs.write_document(address, text or texts[0])
        cycle.run_once(self.agent_conf, self.agent_client)

    def standing(self):
        """Return all traits of all providers of the host, by name."""
        return {name: self.traits_of(name) for name in (NAME, *GPUS)}

    def aggregates(self):
        uuid = self.compute_rp_uuids[NAME]
        return set(
            self.placement.get(
                f'/resource_providers/{uuid}/aggregates', version='1.19'
            ).body['aggregates']
        )

    def inventory(self):
        return self._get_provider_inventory(self.compute_rp_uuids[NAME])

    def write_undisturbed(self):
        """Let each write alone what it writes in its last round."""
        for step in (
            self.join_and_leave,
            self.disable_and_enable,
            self.report_documents,
            self.update_resources,
        ):
            step(ROUNDS - 1)
        return self.standing(), self.aggregates(), self.inventory()

    def test_nova_and_the_agent_lose_nothing_to_each_other(self):
        expected = self.write_undisturbed()
        self.placement_app.puts.clear()
        conflict = exception.ResourceProviderUpdateConflict
        writers = [
            Writer(self.update_resources, conflict),
            Writer(self.disable_and_enable, ()),
            Writer(self.join_and_leave, ()),
            Writer(self.report_documents, placement.Conflict),
        ]

        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

        self.assertEqual({}, {w.name: w.error for w in writers if w.error})
        for writer in writers:
            self.assertLess(writer.given_up, ROUNDS / 2, writer.name)
        puts = self.placement_app.puts
        self.assertGreater(puts[True, 409], 0)
        self.assertGreater(puts[False, 409], 0)
        self.assertEqual([], self.placement_app.lost)
        # Who gave up in the last round writes in the next.
        self.join_and_leave(0)
        self.assertEqual(expected, self.write_undisturbed())
        self.assertIn(os_traits.COMPUTE_STATUS_DISABLED, self.standing()[NAME])
        self.assertIn(self.aggregate['uuid'], self.aggregates())

    def test_what_nova_wrote_back_from_its_cache_is_repaired_by_the_agent(
        self,
    ):
        """Nova's periodic task works on a copy of a cache that a call from the
        API makes newer meanwhile: the old traits pass for new ones (Nova 34).
        """
        self.report_documents(0)
        driver = self.compute.driver
        real = driver.update_provider_tree

        def interrupted(tree, *arguments, **options):
            real(tree, *arguments, **options)
            driver.update_provider_tree = real
            self.report_documents(1)
            self.disable_and_enable(1)

        self.update_resources(0)
        driver.update_provider_tree = interrupted
        self.update_resources(1)

        self.report_documents(1)

        standing = self.standing()[NAME]
        self.assertEqual(2, len(traits.digests(standing)))
        self.assertIn(os_traits.COMPUTE_STATUS_DISABLED, standing)
