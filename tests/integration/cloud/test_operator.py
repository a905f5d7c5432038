# SPDX-License-Identifier: Apache-2.0
"""The operator's commands, as an administrator calls them."""

import json
import re

import pytest

from tests.integration.cloud.cloud import FLEET, LIMIT

pytestmark = pytest.mark.timeout(LIMIT)


def test_a_guest_goes_where_explain_has_said(boot, call):
    guest = boot('compute1')

    said = call(
        'nova-migcompat', 'explain', '--server', guest.uuid, '-f', 'json'
    )
    guest.live_migrate()

    passes = {row['Host']: row['Passes'] for row in json.loads(said)}
    assert passes == {h: h == guest.host for h in FLEET if h != 'compute1'}


def test_the_scheduler_is_found_fit(cloud, call):
    said = call(
        'nova-migcompat-status',
        '--config-file',
        cloud.nova.scheduler_config,
        'upgrade',
        'check',
    )

    assert set(re.findall(r'Result: (\w+)', said)) == {'Success'}
