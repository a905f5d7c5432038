# SPDX-License-Identifier: Apache-2.0
"""Live-migration compatibility of assigned devices for OpenStack Nova.

What each part is for, and which part may import which, is the table at the
head of DESIGN.md. Nothing is imported here, so that one part can be used
without what the others need.
"""
