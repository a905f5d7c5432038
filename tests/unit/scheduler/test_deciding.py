# SPDX-License-Identifier: Apache-2.0
"""What the scheduler's log says of a fleet that publishes too much."""

import types

from nova_migcompat.conf import filter as options
from nova_migcompat.placement import PlacementError
from nova_migcompat.scheduler import deciding


def test_hosts_with_too_many_documents_are_named_once(caplog):
    options.register_opts(deciding.CONF)
    asked = []

    def providers_with_any(names):
        asked.append(names)
        return [types.SimpleNamespace(name=f'host{n}\n') for n in range(9)]

    client = types.SimpleNamespace(providers_with_any=providers_with_any)
    decider = deciding.Decider()
    ignored = frozenset(f'{n:032}' for n in range(100))

    decider._warn_of(frozenset(), client)
    for _ in range(3):
        decider._warn_of(ignored, client)

    [line] = caplog.messages
    assert line.startswith('100 documents more than [migcompat] max_documents')
    assert line.endswith(': host0, host1, host2, host3, host4')
    assert len(asked) == 1
    assert len(asked[0]) == 64
    # It is said again when it comes back.
    decider._warn_of(frozenset(), client)
    decider._warn_of(ignored, client)
    assert len(caplog.messages) == 2


def test_a_warning_that_cannot_name_hosts_rejects_nothing(caplog):
    options.register_opts(deciding.CONF)

    def fail(_names):
        raise PlacementError('GET /resource_providers: gone')

    client = types.SimpleNamespace(providers_with_any=fail)
    deciding.Decider()._warn_of(frozenset({'A' * 32}), client)
    assert caplog.messages[0].endswith(
        ': not known, GET /resource_providers: gone'
    )
