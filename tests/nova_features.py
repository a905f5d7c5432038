# SPDX-License-Identifier: Apache-2.0
"""What the installed Nova can do: its code is asked, not its version."""

from nova.objects import instance_pci_requests

#: Devices of a flavor's PCI alias move live where the alias says that they
#: can (``live_migratable``). A Nova before 2025.1 knows no such word, and
#: refuses to move a guest that has one.
MOVES_PCI_ALIASES = hasattr(
    instance_pci_requests.InstancePCIRequest, 'is_live_migratable'
)
