# SPDX-License-Identifier: Apache-2.0
"""What the tests share that need programs which a checkout does not bring.

They are run by ``tox run -e integration``. A program that is missing is a
failure, not a reason to skip: who runs these tests wants to know.
"""

import shutil

import pytest

from tests.integration import browser
from tests.integration.database import Database

#: Who works at something else may go without a browser, and says so.
collect_ignore = [] if browser.is_wanted() else ['test_matrix_page.py']


@pytest.fixture(scope='session')
def database(tmp_path_factory):
    """Return the SQLAlchemy URL of an empty database on MariaDB."""
    folder = tmp_path_factory.mktemp('database')
    server = Database(folder / 'mariadb', folder)
    try:
        server.start()
        yield server.create('placement')
    finally:
        server.process.stop()
        shutil.rmtree(folder / 'mariadb')
