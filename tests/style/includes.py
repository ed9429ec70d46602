# SPDX-License-Identifier: Apache-2.0
"""Which folder may include what: in agent/ the arrows of the code map point down only; the SDK stands alone; plugins know
the SDK and nothing of the agent."""

import pathlib
import re

from tree import Finding

# From the bottom up. A folder may include itself and those before it.
LAYERS = ["base", "vrrp", "core", "record", "config", "platform", "notify", "plugin", "bus", "ctl", "app"]

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
    (re.compile(r"^systemd/"), "libsystemd", {"app", "bus", "platform", "plugin/host"}),
]

# Headers of C that the SDK may use beside C++'s own, and of POSIX, which only its fake host may.
SDK_C = {"stddef.h", "stdint.h"}
SDK_POSIX_FOLDER = "sdk/include/regent/testing/"
# The part of the SDK that the agent may know, and the one folder that does.
ABI, ABI_LAYER = "regent/abi/", "plugin"

# The one program of the SDK: it loads plugins by the host's own code, and so may look below the agent's top.
CHECK_FOLDER = "sdk/plugin-check/"
CHECK_LAYERS = {"base", "config", "platform", "plugin"}

# Folders of plugins/ that are no plugin but parts that several of them share.
SHARED_PARTS = {"support", "process_watch", "curl"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path):
    """("core", "core") for agent/core/x.cpp, ("plugin", "plugin/host") for agent/plugin/host/x.cpp, else None."""
    parts = pathlib.PurePosixPath(path).parts
    if len(parts) < 3 or parts[0] != "agent":
        return None
    return parts[1], "/".join(parts[1:-1])


def check(path, text):
    """Findings about the includes of one C or C++ file."""
    place = folder_of(path)
    if place is not None and place[0] not in LAYERS:
        return [Finding(path, 1, f"agent/{place[0]} has no place in the order of folders")]
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        words = header_of(path, place, match[1], match[2]) if match else None
        findings += [Finding(path, number, words)] if words else []
    return findings


def header_of(path, place, quoted, library):
    header = quoted or library
    if path.startswith("sdk/include/"):
        return sdk_header(path, quoted, library)
    if path.startswith(("sdk/", "plugins/")):
        return plugin_header(path, header)
    if place is None:
        return None
    if header.startswith("regent/"):
        allowed = header.startswith(ABI) and place[0] == ABI_LAYER
        return None if allowed else f"of the SDK the agent knows {ABI} alone, in agent/{ABI_LAYER}"
    return own_header(place[0], quoted) if quoted else library_header(path, *place, library)


def sdk_header(path, quoted, library):
    """The contract's headers name their kin without a folder: copied into another tree they need no include path."""
    if quoted:
        kin = path.startswith("sdk/include/" + ABI) and "/" not in quoted
        return None if kin or quoted.startswith("regent/") else f'"{quoted}" is none of the SDK'
    if library in SDK_C or path.startswith(SDK_POSIX_FOLDER) or not set("/.") & set(library):
        return None
    return f"the SDK includes its own headers and the language's library, not <{library}>"


def plugin_header(path, header):
    if path.startswith(CHECK_FOLDER):
        place = folder_of(header)
        return None if place is None or place[0] in CHECK_LAYERS else f"{CHECK_FOLDER} may not know agent/{place[0]}"
    parts, own = pathlib.PurePosixPath(header).parts, pathlib.PurePosixPath(path).parts
    if parts[0] == "agent":
        return "a plugin knows regent/… and libraries, nothing of agent/"
    if parts[0] == "plugins" and parts[1] not in SHARED_PARTS | {own[1]}:
        return f"a plugin knows no other plugin: {header}"
    return None


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
