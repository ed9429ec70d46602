# SPDX-License-Identifier: Apache-2.0
"""What regentctl prints on a terminal, long or short: through a pager or as it is, with colours and headers."""

import fcntl
import os
import pty
import shutil
import struct
import subprocess
import termios

import pytest

LONG = ["show", "VI_1"]
LINES = 50  # of it
SHORT = ["list"]


@pytest.fixture
def terminal(program, scenes, folder):
    """Runs it on a terminal of so many rows and columns; returns what appears there, and the exit code."""

    def terminal(*words, rows=24, columns=80, scene="well", keys="", **environment):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.write(ours, keys.encode())
        with subprocess.Popen([program, *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True,
                              env={"TERM": "xterm", **scenes[scene].environment, **environment}) as process:
            os.close(theirs)
            text = b""
            try:
                while more := os.read(ours, 4096):
                    text += more
            except OSError:  # the other side is closed
                pass
            os.close(ours)
            return text.decode().replace("\r\n", "\n"), process.wait(20.0)

    return terminal


@pytest.fixture
def pager(folder):
    """Marks what goes through it."""
    path = folder / "pager"
    path.write_text('#!/bin/sh\necho "paged, secure=$LESSSECURE"\nexec sed "s/^/| /"\n')
    path.chmod(0o755)
    return str(path)


def test_what_is_long_goes_through_the_pager(terminal, pager):
    text, code = terminal(*LONG, REGENT_PAGER=pager, PAGER="false")
    assert code == 0
    lines = text.splitlines()
    assert lines[0] == "paged, secure=1" and len(lines) == LINES + 1
    assert all(line.startswith("| ") for line in lines[1:])
    assert terminal(*LONG, PAGER=f"{pager} with words")[0] == text


def test_the_exit_code_is_that_of_the_command(terminal, pager):
    text, code = terminal("status", rows=5, scene="trouble", PAGER=pager)
    assert text.startswith("paged") and code == 3
    assert terminal("status", rows=5, scene="trouble", PAGER="exit 1")[1] == 3


def test_what_fits_the_screen_does_not(terminal, pager):
    assert "paged" not in terminal(*SHORT, PAGER=pager)[0]
    height = len(terminal(*LONG, PAGER="cat")[0].splitlines())
    assert "paged" not in terminal(*LONG, rows=height + 1, PAGER=pager)[0]
    assert "paged" in terminal(*LONG, rows=height, PAGER=pager)[0]
    assert "paged" in terminal(*LONG, rows=height + 1, columns=30, PAGER=pager)[0]
    assert "paged" not in terminal(*LONG, rows=0, PAGER=pager)[0]
    assert "paged" not in terminal(*LONG, TERM="dumb", PAGER=pager)[0]


@pytest.mark.parametrize("words, environment", [
    (["--no-pager"], {"PAGER": "PAGER"}), ([], {"PAGER": ""}), ([], {"PAGER": "cat"}), ([], {"REGENT_PAGER": "", "PAGER": "PAGER"})])
def test_not_where_none_is_wanted(words, environment, terminal, pager):
    text, code = terminal(*LONG, *words, **{name: pager if value == "PAGER" else value for name, value in environment.items()})
    assert text.startswith("name ") and code == 0 and text.count("\n") == LINES


@pytest.mark.parametrize("command", ["/nonexistent/pager", "/dev/null"])
def test_a_pager_that_cannot_start_loses_nothing(command, terminal):
    text, code = terminal(*LONG, PAGER=command)
    assert code == 0 and "\nstatistics.discarded.ah " in text


def test_a_pager_that_ends_early_is_no_failure(terminal):
    assert terminal(*LONG, PAGER="exit 0") == ("", 0)


def test_without_a_wish_it_is_less(terminal, folder):
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "less").write_text('#!/bin/sh\nexec sed "s/^/$1 /"\n')
    (programs / "less").chmod(0o755)
    assert terminal(*LONG, PATH=f"{programs}:/usr/bin:/bin")[0].startswith("-FRX name ")
    (programs / "less").unlink()
    assert terminal(*LONG, PATH=str(programs))[0].startswith("name ")


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_the_real_less(terminal):
    text, code = terminal(*LONG, keys="q")
    assert code == 0 and "VI_1" in text and "statistics.discarded.ah" not in text


def test_help_goes_through_it_and_watch_does_not(terminal, pager):
    assert terminal("--help", PAGER=pager)[0].startswith("paged")
    assert "paged" not in terminal("--help", "--no-pager", PAGER=pager)[0]
    assert "paged" not in terminal("watch", "--timeout", "10ms", "--until", "state=init", rows=1, PAGER=pager)[0]


def test_a_terminal_has_headers_and_colours(terminal):
    assert terminal("list", "checks")[0] == "NAME     STATE\nhaproxy  up\nlan      pending\n"
    assert terminal("list", "checks", "--no-legend")[0] == "haproxy  up\nlan      pending\n"
    assert "\x1b[32m" in terminal("status")[0]
    assert "\x1b" not in terminal("status", NO_COLOR="1")[0]
    assert "\x1b[32m" in terminal("status", NO_COLOR="")[0]
    assert "\x1b[32m" in terminal("status", "--color", "always", NO_COLOR="1")[0]
    assert "\x1b" not in terminal("--color=never", "status")[0]
    assert "\x1b" not in terminal("status", TERM="dumb")[0]


def test_a_table_of_types_has_a_header_there_too(terminal, plugins):
    lines = terminal("plugin", "list", "--plugin-dir", str(plugins))[0].splitlines()
    assert lines[-4] == "KIND      TYPE  PLUGIN                SUMMARY"
    assert "KIND" not in terminal("plugin", "list", "--no-legend", "--plugin-dir", str(plugins))[0]
