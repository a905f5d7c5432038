# SPDX-License-Identifier: Apache-2.0
"""Rules: documents for devices whose driver publishes none.

marked reads YAML, rulefile checks it and makes rules of it, facts reads what
sysfs says of a device, memory keeps what vanishes from there, describing puts
them together. doc/source/rules.rst says what a rule can say.
"""
