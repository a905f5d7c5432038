# SPDX-License-Identifier: Apache-2.0
"""How a cycle of the agent may find its host.

Each function makes a new tests.functional.agent_host.Host, which is empty, so:
with devices, and where that matters with what earlier cycles have left. Knows
nothing of what the next cycle should do.
"""

import hashlib

X = 'SELF:\n\tname=x\n'
Y = 'SELF:\n\tname=y\n'
#: Its text needs three names.
LONG = 'SELF:\n\tname=long\n' + ''.join(
    f'COMPATIBLE:\n\tname={hashlib.sha256(bytes([number])).hexdigest()}\n'
    for number in range(6)
)


def write(folder, text):
    (folder / 'migration_compatible').write_text(text)


def publish_then_change(host, texts, new):
    """Add two GPUs and two VFs, then change the first of each.

    :param texts: what the first of each says, and what the second does
    :param new: what the first of each says when that was published
    """
    gpu, _ = (
        host.gpu(f'0000:{bus}:00.0', text)
        for bus, text in zip(('84', '85'), texts, strict=True)
    )
    vf, _ = host.vfs(*texts)
    host.run()
    write(gpu, new)
    write(vf, new)


def is_fresh(host):
    host.gpu('0000:84:00.0', LONG)
    host.gpu('0000:85:00.0', Y)
    host.vfs(X, Y)


def is_fresh_and_uniform(host):
    host.gpu('0000:84:00.0', LONG)
    host.gpu('0000:85:00.0', LONG)


def has_nothing_to_do(host):
    is_fresh(host)
    host.run()


def has_changed_documents(host):
    publish_then_change(host, (X, Y), LONG)


def was_uniform(host):
    publish_then_change(host, (X, X), Y)


def becomes_uniform(host):
    publish_then_change(host, (X, Y), Y)


def lost_some_devices(host):
    gpu = host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)
    vf, _, _ = host.vfs(LONG, Y, X)
    host.run()
    (gpu / 'migration_compatible').unlink()
    (vf / 'migration_compatible').unlink()


def lost_all_devices(host):
    has_nothing_to_do(host)
    for document in host.sysfs.root.rglob('migration_compatible'):
        document.unlink()


def has_half_a_text(host):
    """Parts of the text are gone, and the D name stands there still."""
    has_nothing_to_do(host)
    *_, first, second = sorted(host.texts_by_name(), key=len)
    for name in (first, second):
        host.adapter.delete(f'/traits/{name}', microversion='1.39')


ALL = [
    is_fresh,
    is_fresh_and_uniform,
    has_nothing_to_do,
    has_changed_documents,
    was_uniform,
    becomes_uniform,
    lost_some_devices,
    lost_all_devices,
    has_half_a_text,
]
