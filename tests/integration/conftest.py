# SPDX-License-Identifier: Apache-2.0
"""What the tests share that need services which a checkout does not bring.

They are run by ``./tools/test.sh tests/integration``. A service that is
missing is a failure, not a reason to skip: who runs these tests wants to know.
"""

import os
import uuid

import pytest
import sqlalchemy

from tests.integration import browser

#: Who works at something else may go without a browser, and says so.
collect_ignore = [] if browser.is_wanted() else ['test_matrix_page.py']

VARIABLE = 'NOVA_MIGCOMPAT_TEST_MARIADB'
DEFAULT = 'mysql+pymysql://root@127.0.0.1/'


@pytest.fixture(scope='session')
def database():
    """Return the SQLAlchemy URL of an empty database on MariaDB.

    It has a name of its own and is dropped in the end.
    """
    server = sqlalchemy.make_url(os.environ.get(VARIABLE, DEFAULT))
    name = f'nova_migcompat_test_{uuid.uuid4().hex[:8]}'
    engine = sqlalchemy.create_engine(server, isolation_level='AUTOCOMMIT')
    try:
        _execute(engine, f'CREATE DATABASE {name} CHARACTER SET utf8mb4')
    except sqlalchemy.exc.DBAPIError as e:
        pytest.fail(
            f'A MariaDB is needed in which databases may be made: {e.orig};'
            f' start it, or set {VARIABLE} to an SQLAlchemy URL'
            f' (now {server.render_as_string()})'
        )
    yield server.set(database=name).render_as_string(hide_password=False)
    _execute(engine, f'DROP DATABASE {name}')
    engine.dispose()


def _execute(engine, statement):
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(statement))
