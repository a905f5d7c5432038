# SPDX-License-Identifier: Apache-2.0
"""Hands the build to pbr; everything it says stands in setup.cfg."""

import setuptools

setuptools.setup(setup_requires=['pbr>=6.0.0'], pbr=True)
