# SPDX-License-Identifier: Apache-2.0
"""Documents that the devices of the scenarios have.

Only text: which of them may move where is written down by hand in each
scenario, never computed from these.
"""

# The example of FORMAT.md section 1, and the other device of section 4.
UUID1 = """\
SELF:
        device_type=pci
        device_id=8086591d
        mdev_type=i915-GVTg_V5_2
        aggregator=1
        pv_mode="none+ppgtt+context"
        interface_version=3
COMPATIBLE:
        device_type=pci
        device_id=8086591d
        mdev_type=i915-GVTg_V5_{val1:int:1,2,4,8}
        aggregator={val1}/2
        pv_mode={val2:string:"none+ppgtt","none+context","none+ppgtt+context"}
        interface_version={val3:int:2,3}
COMPATIBLE:
        device_type=pci
        device_id=8086591d
        mdev_type=i915-GVTg_V5_{val1:int:1,2,4,8}
        aggregator={val1}/2
        pv_mode=""          # empty: may be absent in the other device
        interface_version=1
"""

UUID2 = """\
SELF:
        device_type=pci
        device_id=8086591d
        mdev_type=i915-GVTg_V5_4
        aggregator=2
        interface_version=1
COMPATIBLE:
        device_type=pci
        device_id=8086591d
        mdev_type=i915-GVTg_V5_{val1:int:1,2,4,8}
        aggregator={val1}/2
        pv_mode=""
        interface_version=1
"""

# Three releases of one vendor's driver: each takes over from the one before.
DRIVER_535 = """\
SELF:
        board=A40
        driver=535.216
COMPATIBLE:
        board=A40
        driver=535.216
COMPATIBLE:
        board=A40
        driver=550.127
"""

DRIVER_550 = """\
SELF:
        board=A40
        driver=550.127
COMPATIBLE:
        board=A40
        driver={release:string:550.127,570.86}
"""

DRIVER_570 = """\
SELF:
        board=A40
        driver=570.86
COMPATIBLE:
        board=A40
        driver=570.86
"""

# A device of the same vendor that nothing above may move to.
OTHER_BOARD = """\
SELF:
        board=L40
        driver=550.127
COMPATIBLE:
        board=L40
        driver=550.127
"""

# FORMAT.md section 3: compatible with nothing, itself included.
MOVES_NOWHERE = """\
SELF:
        board=A40
        driver=535.216
"""
