# SPDX-License-Identifier: Apache-2.0
"""Keeps an auth plugin from waiting for itself.

Knows nothing of Placement.
"""

import functools
import threading
from typing import Any

from keystoneauth1 import exceptions


def end_recursion(auth: Any) -> None:
    """Let a plugin fail where it would wait for itself without end.

    keystoneauth1 reads what versions there are at auth_url without a token
    and, where the answer is 401, once more with one. It is about to get the
    first token then, holds the plugin's lock, and no time limit counts: seen
    with 5.18 and an auth_url that is another service's. A DiscoveryFailure is
    what it handles.

    :param auth: a plugin of keystoneauth1, of any kind; is changed.
    """
    get_access = getattr(auth, 'get_access', None)
    if get_access is None:
        return
    asking = threading.local()

    @functools.wraps(get_access)
    def _once(*arguments: Any, **options: Any) -> Any:
        if getattr(asking, 'now', False):
            raise exceptions.DiscoveryFailure(
                'auth_url asks for a token before it gives one'
            )
        asking.now = True
        try:
            return get_access(*arguments, **options)
        finally:
            asking.now = False

    auth.get_access = _once
