# SPDX-License-Identifier: Apache-2.0
"""Which folder of agent/ may include what: the arrows of the code map point down only."""

import pathlib
import re

from tree import Finding

# From the bottom up. A folder may include itself and those before it.
LAYERS = ["base", "vrrp", "core", "config", "platform", "notify", "plugin", "bus", "ctl", "app"]

# Folders that are computation alone: nothing but the language's library and tl::expected.
PURE = {"base", "vrrp", "core"}
PURE_ALLOWED = {"tl/expected.hpp"}
# <arpa/inet.h>: inet_pton and inet_ntop are the one address parser that agrees with every other tool of the system.
PURE_EXCEPTIONS = {("agent/base/ip_address.cpp", "arpa/inet.h")}
# Parts of the language's library that are input, output, threads or the calendar.
PURE_FORBIDDEN = {"atomic", "condition_variable", "csignal", "ctime", "filesystem", "fstream", "future", "iostream"}
PURE_FORBIDDEN |= {"mutex", "semaphore", "shared_mutex", "stop_token", "thread"}

# A library, by how its headers are named, and the folders that may know it.
LIBRARIES = [
    (re.compile(r"^(toml\+\+|tomlplusplus)/|^toml\.hpp$"), "toml++", {"config"}),
    (re.compile(r"^netlink/"), "libnl", {"platform"}),
    (re.compile(r"^sdbus-c\+\+/"), "sdbus-c++", {"bus", "ctl"}),
    (re.compile(r"^boost/dll"), "Boost.DLL", {"plugin/host"}),
    (re.compile(r"^boost/program_options"), "Boost.Program_options", {"app", "ctl", "plugin/host"}),
    (re.compile(r"^systemd/"), "libsystemd", {"app", "platform", "plugin/host"}),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path):
    """("core", "core") for agent/core/x.cpp, ("plugin", "plugin/host") for agent/plugin/host/x.cpp, else None."""
    parts = pathlib.PurePosixPath(path).parts
    if len(parts) < 3 or parts[0] != "agent":
        return None
    return parts[1], "/".join(parts[1:-1])


def check(path, text):
    """Findings about the includes of one C++ file of agent/."""
    place = folder_of(path)
    if place is None:
        return []
    layer, folder = place
    if layer not in LAYERS:
        return [Finding(path, 1, f"agent/{layer} has no place in the order of folders")]
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            words = own_header(layer, match[1]) if match[1] else library_header(path, layer, folder, match[2])
            findings += [Finding(path, number, words)] if words else []
    return findings


def own_header(layer, header):
    target = folder_of(header)
    if header.startswith("regent/"):
        # The plugin contract: C structs and numbers. Of the C++ wrapper nothing here may know.
        return None if layer == "plugin" and header.startswith("regent/abi/") else f"agent/{layer} may not know {header}"
    if target is None:
        return f'"{header}" is not a path from the top of the tree'
    if target[0] not in LAYERS or LAYERS.index(target[0]) > LAYERS.index(layer):
        return f"agent/{layer} may not include agent/{target[0]}: arrows point down only"
    return None


def library_header(path, layer, folder, header):
    for pattern, name, allowed in LIBRARIES:
        if pattern.search(header) and not {layer, folder} & allowed:
            return f"{name} belongs to {', '.join('agent/' + place for place in sorted(allowed))} alone"
    if layer not in PURE or header in PURE_ALLOWED or (path, header) in PURE_EXCEPTIONS:
        return None
    if "/" in header or "." in header:
        return f"agent/{layer} includes nothing but the standard library and tl::expected, not <{header}>"
    if header in PURE_FORBIDDEN:
        return f"agent/{layer} has no clock, thread, file or log: <{header}>"
    return None
