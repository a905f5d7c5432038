# SPDX-License-Identifier: Apache-2.0
"""Records what the filter asks Placement and the database, in the process of a
scenario; and can let it have no answer.

Knows the filter only as a class that Nova calls.
"""

import threading

import fixtures
import keystoneauth1.exceptions
import sqlalchemy.event
from keystoneauth1 import adapter
from sqlalchemy import engine

from nova_migcompat.scheduler import filters


class FilterSpy(fixtures.Fixture):
    """Sees every request and every query of the filter.

    Nova's own stay unseen: its report client sends through an adapter of the
    Placement fixture, and its queries run outside of the filter's methods.

    :ivar requests: method and path of each request, since ``forget``
    :ivar queries: for each time that Nova called the filter the SELECTs
    :ivar placement_is_down: while true, a request ends in ConnectFailure
    """

    def _setUp(self):
        self.requests = []
        self.queries = []
        self.placement_is_down = False
        self._call = threading.local()
        self._spy_on_requests()
        self._spy_on_queries()

    def forget(self):
        """Forget what was seen so far."""
        self.requests.clear()
        self.queries.clear()

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
        decide = filters.MigrationCompatibilityFilter.filter_all

        def filter_all(filter_object, hosts, spec_obj):
            self._call.queries = []
            try:
                return list(decide(filter_object, hosts, spec_obj))
            finally:
                self.queries.append(self._call.queries)
                del self._call.queries

        def executed(connection, cursor, statement, *args):
            queries = vars(self._call).get('queries')
            if queries is not None and statement.startswith('SELECT'):
                queries.append(statement)

        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_migcompat.scheduler.filters'
                '.MigrationCompatibilityFilter.filter_all',
                filter_all,
            )
        )
        arguments = (engine.Engine, 'before_cursor_execute', executed)
        sqlalchemy.event.listen(*arguments)
        self.addCleanup(sqlalchemy.event.remove, *arguments)
