# SPDX-License-Identifier: Apache-2.0
"""The network lab: namespaces, daemons, referees and probes that the tests and the demo are made of.

Everything here is independent of regent's own code, so that it can judge it. Needs root. Read lab.py first.
"""
