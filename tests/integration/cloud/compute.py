# SPDX-License-Identifier: Apache-2.0
"""nova-compute with the tests' driver: ``-m tests.integration.cloud.compute``.

Nova takes drivers from its package ``nova.virt`` alone. One that is made
elsewhere has to be found there, and that is all that this adds.
"""

import pathlib

from nova import virt

virt.__path__.append(str(pathlib.Path(__file__).parent / 'virt'))

from nova.cmd import compute  # noqa: E402 - it makes threads what they are

if __name__ == '__main__':
    compute.main()
