# SPDX-License-Identifier: Apache-2.0
"""Each rule shown both ways: what it must find, and what it must leave alone. Bad words are put together from parts
so that this file passes the rules itself."""

import subprocess

import includes
import pytest
import scanner
import sizes
import tree
import words

LICENCE = "// " + words.LICENCE + "\n"


@pytest.mark.parametrize(
    ("path", "line", "found"),
    [
        ("agent/core/x.cpp", '#include "agent/vrrp/packet.hpp"', False),
        ("agent/core/x.cpp", '#include "agent/core/y.hpp"', False),
        ("agent/vrrp/x.cpp", '#include "agent/core/y.hpp"', True),
        ("agent/config/x.cpp", '#include "agent/platform/y.hpp"', True),
        ("agent/app/x.cpp", '#include "agent/platform/y.hpp"', False),
        ("agent/core/x.cpp", '#include "y.hpp"', True),
        ("agent/attic/x.cpp", "", True),
        ("agent/core/x.cpp", "#include <vector>", False),
        ("agent/core/x.cpp", "#include <tl/expected.hpp>", False),
        ("agent/core/x.cpp", "#include <fmt/format.h>", True),
        ("agent/core/x.cpp", "#include <unistd.h>", True),
        ("agent/core/x.cpp", "#include <thread>", True),
        ("agent/platform/x.cpp", "#include <thread>", False),
        ("agent/base/ip_address.cpp", "#include <arpa/inet.h>", False),
        ("agent/base/other.cpp", "#include <arpa/inet.h>", True),
        ("agent/config/x.cpp", "#include <toml++/toml.h>", False),
        ("agent/app/x.cpp", "#include <toml++/toml.h>", True),
        ("agent/platform/x.cpp", "#include <netlink/socket.h>", False),
        ("agent/app/x.cpp", "#include <netlink/socket.h>", True),
        ("agent/bus/x.cpp", "#include <sdbus-c++/sdbus-c++.h>", False),
        ("agent/app/x.cpp", "#include <sdbus-c++/sdbus-c++.h>", True),
        ("agent/plugin/host/x.cpp", "#include <boost/dll.hpp>", False),
        ("agent/plugin/x.cpp", "#include <boost/dll.hpp>", True),
        ("agent/plugin/x.cpp", '#include "regent/abi/host.h"', False),
        ("agent/plugin/x.cpp", '#include "regent/check.hpp"', True),
        ("agent/core/x.cpp", '#include "regent/abi/host.h"', True),
        ("agent/ctl/x.cpp", "#include <boost/program_options.hpp>", False),
        ("agent/config/x.cpp", "#include <boost/program_options.hpp>", True),
        ("agent/config/x.cpp", "#include <systemd/sd-daemon.h>", True),
        ("tests/unit/core/x.cpp", '#include "agent/platform/y.hpp"', False),
        ("agent/plugin/host/x.cpp", '#include "regent/abi/plugin.h"', False),
        ("agent/plugin/host/x.cpp", '#include "regent/check.hpp"', True),
        ("agent/config/x.cpp", "#include <regent/abi/plugin.h>", True),
        ("sdk/include/regent/x.hpp", '#include "regent/abi/types.h"', False),
        ("sdk/include/regent/abi/x.h", '#include "types.h"', False),
        ("sdk/include/regent/x.hpp", '#include "y.hpp"', True),
        ("sdk/include/regent/x.hpp", "#include <thread>", False),
        ("sdk/include/regent/abi/x.h", "#include <stdint.h>", False),
        ("sdk/include/regent/x.hpp", "#include <poll.h>", True),
        ("sdk/include/regent/testing/x.hpp", "#include <poll.h>", False),
        ("sdk/include/regent/x.hpp", '#include "agent/base/bytes.hpp"', True),
        ("sdk/include/regent/x.hpp", "#include <fmt/format.h>", True),
        ("sdk/plugin-check/x.cpp", '#include "agent/plugin/host/load.hpp"', False),
        ("sdk/plugin-check/x.cpp", '#include "regent/testing.hpp"', False),
        ("sdk/plugin-check/x.cpp", '#include "agent/app/y.hpp"', True),
        ("sdk/template/x.cpp", '#include "agent/plugin/host/load.hpp"', True),
        ("plugins/tcp/x.cpp", "#include <sys/socket.h>", False),
        ("plugins/tcp/x.cpp", '#include "plugins/tcp/y.hpp"', False),
        ("plugins/tcp/x.cpp", '#include "plugins/support/y.hpp"', False),
        ("plugins/tcp/x.cpp", '#include "plugins/ping/y.hpp"', True),
        ("plugins/tcp/x.cpp", '#include "plugins/support/y.hpp"', False),
        ("plugins/process_watch/x.cpp", '#include "plugins/haproxy/y.hpp"', True),
        ("plugins/tcp/x.cpp", '#include "agent/base/bytes.hpp"', True),
    ],
)
def test_includes(path, line, found):
    assert bool(includes.check(path, LICENCE + line)) is found


@pytest.mark.parametrize(
    ("rule", "path", "text", "found"),
    [
        (words.licence, "agent/core/x.cpp", LICENCE, False),
        (words.licence, "agent/core/x.cpp", "// why\n" + LICENCE, True),
        (words.licence, "tests/run.sh", "#!/bin/bash\n# " + words.LICENCE, False),
        (words.licence, "tests/run.sh", "#!/bin/bash\n", True),
        (words.licence, "docs/README.md", "# docs", False),
        (words.licence, "sdk/include/regent/abi/x.h", "/* " + words.LICENCE + "\n */", False),
        (words.licence, "sdk/tests/x.c", "int x;", True),
        (words.open_ends, "README.md", "TO" + "DO: later", True),
        (words.open_ends, "README.md", "what is left to do", False),
        (words.workplace, "README.md", "see /wo" + "rk/main", True),
        (words.workplace, "README.md", "obj/net" + "work/x, ../wo" + "rk/x", False),
        (words.naps, "agent/app/x.cpp", "std::this_thread::sleep_" + "for(1s);", True),
        (words.naps, "tests/net/x.py", "    time.sl" + "eep(1)", True),
        (words.naps, "tests/net/x.py", "    node.wait_for('MASTER', seconds=2)", False),
        (words.naps, "tests/x.sh", "while ! ready; do sl" + "eep 1; done", True),
        (words.naps, "tests/x.sh", "run /bin/sl" + "eep-like 1", False),
        (words.clocks, "agent/app/x.cpp", "std::chrono::system_" + "clock::now()", True),
        (words.clocks, "agent/platform/x.cpp", "std::chrono::system_" + "clock::now()", False),
        (words.clocks, "agent/core/x.cpp", "Clock x = std::chrono::steady_clock::now();", True),
        (words.clocks, "agent/app/x.cpp", "std::chrono::steady_clock::now()", False),
        (words.test_switches, "agent/core/x.cpp", "#ifdef TESTING", True),
        (words.test_switches, "agent/core/x.cpp", "#ifdef __linux__", False),
    ],
)
def test_words(rule, path, text, found):
    assert bool(rule(path, text)) is found


@pytest.mark.parametrize(("path", "limit"), [("agent/core/x.cpp", 500), ("tests/unit/core/x.cpp", 700)])
def test_file_length(path, limit):
    assert not sizes.file_length(path, "\n" * limit)
    assert sizes.file_length(path, "\n" * (limit + 1))


CPP = """
namespace regent {
#define BRACE {
struct Thing {
    int get() const { return 1'000; }
    Thing& operator=(Thing&& other) {
        if (x) {
        }
    }
    std::array<int, 2> values{1, 2};
};

enum class Kind : int { a, b };

Thing::Thing(int first, Options second = {})
    : first_(first), second_{second} {
    if (first) {
        // }
        auto text = "}}}";
        run([&](int x) {
            use(x, '}');
        });
    }
}

template <class T>
void call(T&& t) requires(sizeof(T) > 1) {
    t();
}
}  // namespace regent
"""


def test_functions_are_found_in_cpp():
    assert scanner.cpp_functions(CPP) == [("get", 5, 1), ("operator=", 6, 4), ("Thing::Thing", 15, 10), ("call", 26, 4)]


def test_functions_are_found_in_python():
    assert scanner.python_functions("\ndef f():\n    pass\n\nclass C:\n    def g(self):\n        pass\n") == [
        ("f", 2, 2),
        ("g", 6, 2),
    ]


@pytest.mark.parametrize(("path", "head", "tail"), [("agent/x.cpp", "void f() {", "}"), ("x.py", "def f():", " pass")])
def test_function_length(path, head, tail):
    assert not sizes.function_length(path, head + "\n" * 59 + tail)
    assert sizes.function_length(path, head + "\n" * 60 + tail)


def test_readme_length():
    assert not sizes.readme_length("agent/core/README.md", "\n" * 15)
    assert sizes.readme_length("agent/core/README.md", "\n" * 16)
    assert not sizes.readme_length("README.md", "\n" * 200)
    assert not sizes.readme_length("sdk/README.md", "\n" * 16)
    assert sizes.readme_length("sdk/README.md", "\n" * 500)


def test_missing_readmes():
    tree_with = ["agent/README.md", "agent/core/README.md", "agent/core/x.cpp", "debian/control"]
    assert not sizes.missing_readmes(tree_with)
    assert [finding.path for finding in sizes.missing_readmes(["agent/core/x.cpp"])] == ["agent", "agent/core"]


def test_clang_format_finds(tmp_path):
    (tmp_path / "x.cpp").write_text("int  main( ){return 0;}\n")
    style = f"--style=file:{tree.ROOT / '.clang-format'}"
    run = subprocess.run(
        ["clang-format-14", "--dry-run", "--Werror", style, tmp_path / "x.cpp"], capture_output=True, timeout=60
    )
    assert run.returncode != 0
