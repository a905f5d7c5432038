# SPDX-License-Identifier: Apache-2.0
"""What the client makes of every answer, and of none."""

import pytest
import requests
from requests_mock import ANY

from nova_migcompat import placement
from tests.unit.placement.wire import (
    OURS,
    TRAITS,
    URL,
    UUID,
    placement_error,
    standing,
)

PROVIDER = {
    'uuid': UUID,
    'name': 'compute1',
    'generation': 7,
    'root_provider_uuid': UUID,
    'parent_provider_uuid': None,
}


CALLS = {
    'traits': (lambda c: c.traits(), 'GET /traits'),
    'create_trait': (lambda c: c.create_trait(OURS), f'PUT /traits/{OURS}'),
    'provider': (
        lambda c: c.provider(name='compute1'),
        'GET /resource_providers',
    ),
    'tree': (lambda c: c.tree(UUID), 'GET /resource_providers'),
    'provider_traits': (
        lambda c: c.provider_traits(UUID),
        f'GET /resource_providers/{UUID}/traits',
    ),
    'put_provider_traits': (
        lambda c: c.put_provider_traits(UUID, [OURS], 7),
        f'PUT /resource_providers/{UUID}/traits',
    ),
    'update_provider_traits': (
        lambda c: c.update_provider_traits(UUID, lambda names: names),
        f'GET /resource_providers/{UUID}/traits',
    ),
    'provider_aggregates': (
        lambda c: c.provider_aggregates(UUID),
        f'GET /resource_providers/{UUID}/aggregates',
    ),
    'put_provider_aggregates': (
        lambda c: c.put_provider_aggregates(UUID, [UUID], 7),
        f'PUT /resource_providers/{UUID}/aggregates',
    ),
    'standing': (
        lambda c: c.standing(UUID),
        f'GET /resource_providers/{UUID}/traits',
    ),
    'update_provider': (
        lambda c: c.update_provider(UUID, lambda names: names),
        f'GET /resource_providers/{UUID}/traits',
    ),
    'delete_trait': (
        lambda c: c.delete_trait(OURS),
        f'DELETE /traits/{OURS}',
    ),
    'providers_with_any': (
        lambda c: c.providers_with_any([OURS]),
        'GET /resource_providers',
    ),
    'allocations': (
        lambda c: c.allocations(UUID),
        f'GET /allocations/{UUID}',
    ),
    'provider_allocations': (
        lambda c: c.provider_allocations(UUID),
        f'GET /resource_providers/{UUID}/allocations',
    ),
    'inventories': (
        lambda c: c.inventories(UUID),
        f'GET /resource_providers/{UUID}/inventories',
    ),
    'allocation_candidates': (
        lambda c: c.allocation_candidates({'': placement.Group({'VGPU': 1})}),
        'GET /allocation_candidates',
    ),
    'stocks': (lambda c: c.stocks('VGPU'), 'GET /allocation_candidates'),
    'providers': (lambda c: c.providers(), 'GET /resource_providers'),
}
every_call = pytest.mark.parametrize(
    ('call', 'what'), CALLS.values(), ids=CALLS
)


@every_call
@pytest.mark.parametrize(
    'error',
    [
        requests.exceptions.ConnectTimeout('slow'),
        requests.exceptions.ReadTimeout('slow'),
        requests.exceptions.ConnectionError('refused'),
        requests.exceptions.SSLError('self-signed'),
        requests.exceptions.ChunkedEncodingError('cut off'),
        OSError('no CA bundle at /nowhere'),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_is_an_error_that_names_the_request(
    client, requests_mock, call, what, error
):
    requests_mock.register_uri(ANY, ANY, exc=error)

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value).startswith(f'{what}: ')
    assert caught.value.status is None


@every_call
@pytest.mark.parametrize('status', [300, 400, 401, 404, 500, 502, 503])
def test_a_bad_status_is_an_error_with_the_servers_own_words(
    client, requests_mock, call, what, status
):
    requests_mock.register_uri(
        ANY,
        ANY,
        status_code=status,
        json=placement_error(status, 'Usual words.\n\n The cause.  '),
    )

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value) == f'{what}: status {status}: The cause.'
    assert caught.value.status == status
    assert isinstance(caught.value, placement.NotFound) == (status == 404)


@every_call
def test_who_may_not_is_told_which_role_is_needed(
    client, requests_mock, call, what
):
    requests_mock.register_uri(
        ANY,
        ANY,
        status_code=403,
        json=placement_error(403, 'Policy does not allow that.'),
    )

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value).startswith(
        f'{what}: status 403: Policy does not allow that. The user needs'
    )
    assert 'migcompat_agent' in str(caught.value)


@every_call
@pytest.mark.parametrize(
    'body',
    [
        b'<html>It works!</html>',
        b'\xff\xfe',
        b'[]',
        b'"traits"',
        b'{}',
        b'{"traits": null, "resource_providers": {}, "allocations": [],'
        b' "aggregates": null}',
        b'{"traits": [1], "resource_provider_generation": 1,'
        b' "resource_providers": [1], "allocations": {"a": 1},'
        b' "aggregates": [1]}',
        b'{"traits": {}, "resource_provider_generation": "1",'
        b' "resource_providers": [{}], "allocations": {"a": {}}}',
        pytest.param(b'[' * 100_000, id='nested'),
    ],
)
def test_another_answer_than_placements_is_an_error(
    client, requests_mock, call, what, body
):
    requests_mock.register_uri(ANY, ANY, content=body)

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value).startswith(f'{what}: status 200, but not')


@pytest.mark.parametrize(
    'name', sorted(set(CALLS) - {'create_trait', 'delete_trait'})
)
def test_no_content_is_an_error_where_something_was_asked(
    client, requests_mock, name
):
    call, what = CALLS[name]
    requests_mock.register_uri(ANY, ANY, status_code=204)

    with pytest.raises(placement.PlacementError) as caught:
        call(client)

    assert str(caught.value).startswith(f'{what}: status 204, but not')


@pytest.mark.parametrize('key', sorted(PROVIDER))
def test_a_provider_without_one_of_its_keys_is_an_error(
    client, requests_mock, key
):
    provider = {k: v for k, v in PROVIDER.items() if k != key}
    requests_mock.get(
        f'{URL}/resource_providers', json={'resource_providers': [provider]}
    )

    with pytest.raises(placement.PlacementError, match=f"there is no '{key}'"):
        client.provider(uuid=UUID)


@pytest.mark.parametrize('generation', [None, True, '7', 7.0])
def test_a_generation_that_is_no_integer_is_an_error(
    client, requests_mock, generation
):
    requests_mock.get(TRAITS, json=standing(generation=generation))

    with pytest.raises(placement.PlacementError, match='generation'):
        client.provider_traits(UUID)


def test_a_servers_words_fit_into_one_line(client, requests_mock):
    requests_mock.get(
        f'{URL}/traits',
        status_code=502,
        text='<html>\n\x1b[31mBad\x00 gateway' + 'x' * 1000,
    )

    with pytest.raises(placement.PlacementError) as caught:
        client.traits()

    message = str(caught.value)
    assert message.startswith(
        'GET /traits: status 502: <html> ?[31mBad? gatewayxxx'
    )
    assert message.isprintable()
    assert len(message) < 400


@pytest.mark.parametrize(
    'body', [{'errors': []}, {'errors': [1]}, {'errors': {}}, [], 1]
)
def test_an_error_of_another_form_is_shown_as_it_is(
    client, requests_mock, body
):
    requests_mock.get(f'{URL}/traits', status_code=500, json=body)

    with pytest.raises(placement.PlacementError, match='status 500: '):
        client.traits()


def test_an_error_nested_deeper_than_python_reads_is_cut(
    client, requests_mock
):
    requests_mock.get(
        f'{URL}/traits', status_code=503, text='{"errors":' * 100_000
    )

    with pytest.raises(placement.PlacementError) as caught:
        client.traits()

    assert str(caught.value).startswith('GET /traits: status 503: {"errors":{')
    assert len(str(caught.value)) < 400


def test_an_older_placement_is_an_error_that_names_its_version(
    client, requests_mock
):
    requests_mock.get(
        f'{URL}/traits',
        status_code=406,
        json=placement_error(
            406, 'Unacceptable version header: 1.39', max_version='1.38'
        ),
    )

    with pytest.raises(placement.PlacementError) as caught:
        client.traits()

    assert 'up to 1.38, and 1.39 is needed' in str(caught.value)
    assert caught.value.status == 406
