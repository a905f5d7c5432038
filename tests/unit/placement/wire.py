# SPDX-License-Identifier: Apache-2.0
"""The fixed part of every canned exchange with Placement."""

URL = 'http://placement.example/placement'
UUID = '6c4a8f4e-4a37-4f0b-9f9e-3a3e4b6a1a01'
TRAITS = f'{URL}/resource_providers/{UUID}/traits'
AGGREGATES = f'{URL}/resource_providers/{UUID}/aggregates'
OURS = 'CUSTOM_MIGCOMPAT_F_A_B'


def placement_error(status, detail, **more):
    return {'errors': [{'status': status, 'detail': detail, **more}]}


def standing(*names, generation=7):
    return {
        'traits': list(names),
        'resource_provider_generation': generation,
    }


def membership(*uuids, generation=7):
    return {
        'aggregates': list(uuids),
        'resource_provider_generation': generation,
    }
