# SPDX-License-Identifier: Apache-2.0
"""Records what the filter asks Placement and the database, in the process of a
scenario; and can let it have no answer.

Knows the filter only as a class that Nova calls.
"""

import functools
import importlib
import threading

import fixtures
import keystoneauth1.exceptions
import sqlalchemy.event
from keystoneauth1 import adapter
from sqlalchemy import engine

PING = 'SELECT 1'


class FilterSpy(fixtures.Fixture):
    """Sees every request and every query of the filter.

    Nova's own stay unseen: its report client sends through an adapter of the
    Placement fixture, and its queries run outside of the filter's methods.

    :ivar requests: method and path of each request, since ``forget``
    :ivar queries: for each scheduling the SELECTs of request filter and filter
    :ivar filterings: how often Nova asked the filter, since ``forget``
    :ivar placement_is_down: while true, a request ends in ConnectFailure
    """

    def _setUp(self):
        self.requests = []
        self.queries = []
        self.filterings = 0
        self.placement_is_down = False
        self._call = threading.local()
        self._spy_on_requests()
        self._spy_on_queries()

    def forget(self):
        """Forget what was seen so far."""
        self.requests.clear()
        self.queries.clear()
        self.filterings = 0

    def _spy_on_requests(self):
        send = adapter.Adapter.request

        def request(sender, url, method, **kwargs):
            if sender.service_type == 'placement':
                self.requests.append(f'{method} {url}')
                if self.placement_is_down:
                    raise keystoneauth1.exceptions.ConnectFailure()
            # Placement answers in this very thread, with queries of its own.
            queries = vars(self._call).pop('queries', None)
            try:
                return send(sender, url, method, **kwargs)
            finally:
                if queries is not None:
                    self._call.queries = queries

        self.useFixture(
            fixtures.MonkeyPatch(
                'keystoneauth1.adapter.Adapter.request', request
            )
        )

    def _spy_on_queries(self):
        self._spy_on(
            'prefilter._RequestFilter.require_compatible_devices',
            lambda: self.queries.append([]),
        )
        self._spy_on(
            'filters.MigrationCompatibilityFilter.filter_all',
            self._count_filtering,
        )

        def executed(connection, cursor, statement, *args):
            queries = vars(self._call).get('queries')
            # With an older oslo.db a ping of the connection is one of them.
            is_query = statement.startswith('SELECT ') and statement != PING
            if queries is not None and is_query:
                queries.append(statement)

        arguments = (engine.Engine, 'before_cursor_execute', executed)
        sqlalchemy.event.listen(*arguments)
        self.addCleanup(sqlalchemy.event.remove, *arguments)

    def _count_filtering(self):
        self.filterings += 1

    def _spy_on(self, name, before):
        """See the queries of a method that Nova calls.

        :param name: what it is called below nova_migcompat.scheduler
        :param before: what to do first
        """
        module, owner, method = name.split('.')
        package = importlib.import_module(f'nova_migcompat.scheduler.{module}')
        call = getattr(getattr(package, owner), method)

        @functools.wraps(call)
        def seen(*arguments):
            before()
            self._call.queries = self.queries[-1]
            try:
                found = call(*arguments)
                return found if isinstance(found, bool) else list(found)
            finally:
                del self._call.queries

        self.useFixture(
            fixtures.MonkeyPatch(f'nova_migcompat.scheduler.{name}', seen)
        )
