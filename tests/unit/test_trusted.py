# SPDX-License-Identifier: Apache-2.0
"""The file of trusted documents."""

import fixtures
import pytest
from oslo_config import cfg

from nova_migcompat import trusted
from nova_migcompat.scheduler import filters

ONE, TWO = 'A' * 32, 'B' * 31 + '7'


@pytest.fixture
def put(tmp_path):
    def write(data):
        path = tmp_path / 'trusted'
        path.write_bytes(data)
        return str(path)

    return write


def test_no_file_trusts_all():
    assert trusted.read('') is None


def test_digests_stand_one_a_line_with_comments(put):
    path = put(f'# ours\n{ONE}\n\n  {TWO}  # A40\r\n'.encode())
    assert trusted.read(path) == {ONE, TWO}
    assert trusted.read(put(b'')) == frozenset()
    assert trusted.read(put(b'\xef\xbb\xbf' + ONE.encode())) == {ONE}


@pytest.mark.parametrize(
    'line', [b'A' * 31, b'A' * 33, b'a' * 32, b'A' * 31 + b'1', b'\xff' * 32]
)
def test_a_line_that_is_no_digest_is_named(put, line):
    path = put(ONE.encode() + b'\n' + line + b'\n')
    with pytest.raises(trusted.TrustError) as error:
        trusted.read(path)
    assert f'trusted_documents, {path}, line 2: ' in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path, put):
    with pytest.raises(trusted.TrustError, match='No such file'):
        trusted.read(str(tmp_path / 'missing'))
    with pytest.raises(trusted.TrustError, match='Is a directory'):
        trusted.read(str(tmp_path))
    with pytest.raises(trusted.TrustError, match='more than 1,048,576 bytes'):
        trusted.read(put(b'#' * (trusted.MAX_BYTES + 1)))


def test_a_file_that_cannot_be_used_ends_the_scheduler_at_its_start(tmp_path):
    path = tmp_path / 'nova.conf'
    path.write_text(f'[migcompat]\ntrusted_documents = {tmp_path}/missing\n')
    conf = cfg.ConfigOpts()
    conf(['--config-file', str(path)])
    with (
        fixtures.MonkeyPatch('nova_migcompat.scheduler.filters.CONF', conf),
        fixtures.MonkeyPatch('nova_migcompat.scheduler.deciding.CONF', conf),
        pytest.raises(trusted.TrustError, match='No such file'),
    ):
        filters.MigrationCompatibilityFilter()
