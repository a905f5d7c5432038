# SPDX-License-Identifier: Apache-2.0
"""The commands explain and drain say beforehand what Nova then does."""

import fixtures
from keystoneauth1 import adapter, session, token_endpoint

from nova_migcompat import descriptor
from tests.functional.nova_scenarios import (
    base,
    commands,
    differing_gpus,
    documents,
    vgpu,
)

NOBODY = '11111111-2222-3333-4444-555555555555'
#: Nothing listens there.
AWAY = 'http://127.0.0.1:1'


class Vgpu(commands.WithTheCommand, vgpu.ThreeTargets):
    def test_the_hosts_that_it_names_are_those_that_the_filter_lets_pass(self):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.also_wrong, documents.DRIVER_570)
        self.report(self.right, documents.DRIVER_550)

        answer = self.explain(self.server)

        self.assertEqual(0, answer.status, answer.err)
        self.assertEqual(
            {'wrong': False, 'also-wrong': False, 'right': True},
            answer.passes(),
        )
        right = answer.row('right')
        self.assertEqual((2, {}, []), commands.by(right))
        self.assertIn("driver: '570.86'", answer.row('also-wrong')['Why'])
        self.assertIn('1 of 3 hosts pass', answer.err)
        for name, passes in answer.passes().items():
            one = self.explain(self.server, '--host', name)
            self.assertEqual(not passes, one.status)
            self.assertEqual({name: passes}, one.passes())
        for host in (self.wrong, self.also_wrong):
            self.live_migration_fails(self.server, host)
        self.assert_goes_straight_to('right', self.server)

    def test_a_host_is_drained_where_each_guest_has_somewhere_to_go(self):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.right, documents.DRIVER_550)
        self.boot(self.flavor(), self.source)

        answer = self.command('drain', 'source')

        self.assertEqual(0, answer.status, answer.err)
        [row] = answer.rows
        self.assertEqual(self.server['id'], row['Server'])
        self.assertEqual((1, ['right']), (row['Hosts'], row['To']))
        self.assertEqual([], self.command('drain', 'right').rows)
        self.assertEqual([], self.command('drain', '--all').rows)

        # Nobody takes it any more.
        self.report(self.right, documents.OTHER_BOARD)
        for command in ('source', '--all'):
            self.assertEqual(1, self.command('drain', command).status)
        [row] = self.command('drain', 'source').rows
        self.assertEqual((0, []), (row['Hosts'], row['To']))
        self.assertIn("board: 'L40'", row['Why'])
        [row] = self.command('drain', '--all').rows
        self.assertEqual(
            ('source', 1, 1, [self.server['id']]), tuple(row.values())
        )
        self.live_migration_fails(self.server)

    def test_an_upgrade_names_the_servers_that_would_be_stuck(self):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.right, documents.DRIVER_550)
        self.boot(self.flavor(), self.source)
        old = descriptor.parse(documents.DRIVER_535).digest
        new = self.config.with_name('new.compat')
        new.write_text(documents.OTHER_BOARD)

        def plan(*hosts):
            replace = ('--replace', f'{old}={new}')
            return self.command('plan-upgrade', *replace, *hosts)

        [row] = plan().rows
        self.assertEqual(['source'], row['Hosts'])
        name = self.server['name']
        self.assertEqual({self.server['id']: name}, row['Servers'])
        self.assertFalse(row['Stuck'])
        self.report(self.right, documents.OTHER_BOARD)
        answer = plan()
        [row] = answer.rows
        self.assertEqual((1, True), (answer.status, row['Stuck']))
        self.assertEqual([self.server['id']], list(row['Servers']))

        self.roles = ('member', 'reader')
        answer = plan()
        self.assertEqual(1, answer.status)
        self.assertIsNone(answer.rows[0]['Servers'])
        self.assertIn('not known (the Nova API does not show', answer.err)

    def test_a_host_without_a_free_device_is_told_from_an_incompatible_one(
        self,
    ):
        self.report(self.source, documents.DRIVER_535)
        self.report(self.wrong, documents.OTHER_BOARD)
        self.report(self.right, documents.DRIVER_550)
        service = self.computes['right'].service_ref
        self.api.put_service(service.uuid, {'status': 'disabled'})

        answer = self.explain(self.server)

        self.assertEqual(1, answer.status, answer.err)
        self.assertIn('disabled', answer.row('right')['Why'])
        self.assertIn("board: 'L40'", answer.row('wrong')['Why'])
        self.assertIn('publishes no document', answer.row('also-wrong')['Why'])
        self.live_migration_fails(self.server)

    def test_what_cannot_be_used_is_said_and_ends_with_2(self):
        self.report(self.source, documents.DRIVER_535)
        plain = self.boot(self.flavor(), self.source)
        for arguments, words in (
            (('explain', '--server', NOBODY), f'no server {NOBODY}'),
            (('explain', '--server', 'vm1'), 'no UUID of a server'),
            (('explain', '--server', plain['id']), 'has no device'),
            (
                ('explain', '--server', self.server['id'], '--host', 'moon'),
                "no host 'moon'",
            ),
            (
                ('explain', '--server', self.server['id'], '--host', 'source'),
                'is on that host already',
            ),
            (('drain', 'moon'), "no compute host 'moon'"),
        ):
            answer = self.command(*arguments)
            self.assertEqual((2, None), (answer.status, answer.rows))
            self.assertIn(words, answer.err)

        questions = (
            ('explain', '--server', self.server['id']),
            ('drain', 'source'),
        )
        self.roles = ('member', 'reader')
        for arguments in questions:
            answer = self.command(*arguments)
            self.assertEqual((2, None), (answer.status, answer.rows))
            self.assertRegex(answer.err, 'does not show this user .*admin')
        self.roles = commands.WithTheCommand.roles
        self.configure(AWAY)
        for arguments in questions:
            answer = self.command(*arguments)
            self.assertEqual((2, None), (answer.status, answer.rows))
            self.assertIn('Placement: GET ', answer.err)
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_migcompat.cli.cloud.CloudLister.compute',
                lambda *_: adapter.Adapter(
                    session.Session(auth=token_endpoint.Token(AWAY, 'token')),
                    endpoint_override=AWAY,
                ),
            )
        )
        for arguments in questions:
            answer = self.command(*arguments)
            self.assertEqual((2, None), (answer.status, answer.rows))
            self.assertIn(AWAY, answer.err)


class GpusThatDiffer(
    commands.WithTheCommand, differing_gpus.TwoGpusOnTheTarget
):
    def test_it_names_the_gpu_that_the_guest_then_gets(self):
        self.report(self.target, documents.OTHER_BOARD, documents.DRIVER_550)
        self.offer_first(self.first)

        answer = self.explain(self.server)

        self.assertEqual(0, answer.status, answer.err)
        row = answer.row('target')
        self.assertEqual((2, {}, [self.target.devices[1]]), commands.by(row))
        self.assertEqual('target', self.live_migrate(self.server))
        self.assertEqual({self.second}, self.providers_of(self.server))

    def test_a_gpu_without_a_document_is_decided_by_the_same_policy(self):
        self.target.sysfs.write_document(
            self.target.devices[0], documents.OTHER_BOARD
        )
        self.run_agent(self.target)

        self.assertEqual(1, self.explain(self.server).status)
        self.live_migration_fails(self.server)

        answer = self.explain(self.server, '--unknown-target', 'pass')
        self.assertEqual({'target': True}, answer.passes())
        self.flags(group='migcompat', unknown_target='pass')
        self.assertEqual('target', self.live_migrate(self.server))
        self.assertEqual({self.second}, self.providers_of(self.server))


class MoreThanOnePage(commands.WithTheCommand, base.LiveMigrationScenario):
    def test_guests_that_are_alike_cost_no_more_questions(self):
        source = self.start_host('source', gpus=1)
        target = self.start_host('target', gpus=1)
        self.report(source, documents.DRIVER_535)
        self.report(target, documents.DRIVER_550)
        flavor = self.vgpu_flavor()
        counts = []
        self.useFixture(
            fixtures.MonkeyPatch('nova_migcompat.cli.compute.PAGE', 1)
        )
        for number in (1, 2, 3):
            self.boot(flavor, source)
            answer = self.command('drain', 'source')
            self.assertEqual(number, len(answer.rows))
            counts.append(len(self.requests))

        self.assertEqual(1, len(set(counts)), counts)
        self.assertLessEqual(counts[0], 7)
