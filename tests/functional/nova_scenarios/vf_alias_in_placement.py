# SPDX-License-Identifier: Apache-2.0
"""The scenarios of vf_alias.py with Nova's PCI devices in Placement."""

from tests.functional.nova_scenarios import vf_alias


class VfByAliasInPlacement(vf_alias.VfByAlias):
    pci_in_placement = True


class VfByAliasInPlacementWithoutTheFilter(vf_alias.VfByAliasWithoutTheFilter):
    pci_in_placement = True
