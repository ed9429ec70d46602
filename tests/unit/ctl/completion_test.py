# SPDX-License-Identifier: Apache-2.0
"""The script of `regentctl completion bash` in a bash of its own: without any start-up file and without the package
bash-completion."""

import os
import pty
import re
import selectors
import subprocess

import pytest

# The words of a line as bash cuts them at COMP_WORDBREAKS: = : @ and blanks.
BREAKS = re.compile(r"[=:@]+|[^=:@\s]+")


def cut(line):
    words = BREAKS.findall(line)
    return words if line and not line[-1].isspace() else [*words, ""]


def quoted(word):
    return "'" + word.replace("'", "'\\''") + "'"


@pytest.fixture(scope="session")
def script(program, folder):
    path = folder / "completion"
    path.write_text(subprocess.run([program, "completion", "bash"], capture_output=True, text=True, check=True, timeout=20).stdout)
    return path


@pytest.fixture
def complete(script, scenes, folder, program, plugins):
    """What bash may put in place of the last word of "regentctl " and that, sorted."""
    (folder / "my file.toml").touch()
    (folder / "mine").mkdir(exist_ok=True)

    def complete(rest, scene="well"):
        line = f"{program} {rest}"
        words = [str(program), *cut(rest)]
        current = "" if words[-1] in ("=", ":", "@") else words[-1]
        lines = [f"source {script}", f"COMP_WORDS=({' '.join(map(quoted, words))})", f"COMP_CWORD={len(words) - 1}",
                 f"COMP_LINE={quoted(line)}", f"COMP_POINT={len(line)}",
                 f"_regentctl {quoted(str(program))} {quoted(current)} {quoted(words[-2])}",
                 '[[ ${#COMPREPLY[@]} -eq 0 ]] || printf "%s\\n" "${COMPREPLY[@]}"']
        done = subprocess.run(["bash", "--norc", "--noprofile", "-u", "-c", "\n".join(lines)], capture_output=True, text=True,
                              env=scenes[scene].environment, cwd=folder, timeout=20, check=False)
        assert (done.stderr, done.returncode) == ("", 0)
        return sorted(done.stdout.splitlines())

    return complete


@pytest.mark.parametrize("line, expected", [
    # commands
    ("", ["announce", "check", "completion", "config", "handover", "list", "maintenance", "metrics", "notifier", "plugin", "release",
          "reload", "replay", "show", "status", "version", "watch"]),
    ("re", ["release", "reload", "replay"]),
    ("check ", ["clear", "override", "run"]),
    ("check override ha", ["haproxy"]),
    ("check override haproxy ", ["down", "up"]),
    ("notifier test ", ["pager"]),
    ("plugin restart ", ["regent-haproxy"]),
    ("announce ", ["VI_1", "VI_2", "VI_3"]),
    ("config ", ["check", "convert", "dump"]),
    ("plugin s", ["show"]),
    ("--no-pager st", ["status"]),
    ("frobnicate ", []),
    # names that the agent has
    ("handover ", ["SG1", "VI_1", "VI_2", "VI_3"]),
    ("status VI_1 V", ["VI_1", "VI_2", "VI_3"]),
    ("show ", ["SG1", "VI_1", "VI_2", "VI_3", "haproxy", "lan", "pager", "regent-haproxy"]),
    ("show --json re", ["regent-haproxy"]),
    ("show -p state VI_", ["VI_1", "VI_2", "VI_3"]),
    ("show --property=state VI_", ["VI_1", "VI_2", "VI_3"]),
    ("release SG1 ", []),
    # words
    ("list ", ["checks", "groups", "instances", "notifiers", "plugins"]),
    ("list checks n", ["notifiers"]),
    ("maintenance ", ["off", "on"]),
    ("completion ", ["bash"]),
    # options and their values
    ("watch --", ["--color", "--help", "--json", "--no-pager", "--timeout", "--until"]),
    ("--n", ["--no-legend", "--no-pager"]),
    ("config convert --f", ["--force"]),
    ("watch --until ", ["state=backup", "state=fault", "state=init", "state=master"]),
    ("watch --until state=", ["backup", "fault", "init", "master"]),
    ("watch --until=state=m", ["master"]),
    ("watch --timeout ", []),
    ("--color=", ["always", "auto", "never"]),
    ("list --color a", ["always", "auto"]),
    ("handover SG1 --reason VI", []),
    # files
    ("config check my", ["my file.toml"]),
    ("config check mi", ["mine"]),
    ("config check --plugin-dir m", ["mine"]),
    ("config convert --output=mi", ["mine"]),
])
def test_completes(line, expected, complete):
    assert complete(line) == expected


@pytest.mark.parametrize("scene", ["empty", "none"])
def test_without_an_agent_it_is_silent(scene, complete):
    assert complete("handover ", scene) == []
    assert complete("maintenance o", scene) == ["off", "on"]


def test_types_are_those_that_are_installed(complete, program, plugins, folder, scenes, script):
    wrapper = folder / "with-plugins"
    wrapper.write_text(f'#!/bin/sh\nexec {program} --plugin-dir {plugins} "$@"\n')
    wrapper.chmod(0o755)
    lines = f"source {script}; COMP_WORDS=({wrapper} plugin show ''); COMP_CWORD=3; COMP_LINE='{wrapper} plugin show '; " \
            f"_regentctl {wrapper} '' show; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "--norc", "-c", lines], capture_output=True, text=True, timeout=20, check=False)
    assert (done.stdout, done.stderr) == ("exec web\n", "")


class Terminal:
    """A bash that a person types to."""

    def __init__(self, environment, folder):
        self.process, self.fd = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], {**environment, "PS1": "ready> ", "TERM": "dumb"})

    def read_until(self, wanted):
        text = ""
        with selectors.DefaultSelector() as selector:
            selector.register(self.fd, selectors.EVENT_READ)
            while wanted not in text:
                assert selector.select(20.0), f"no {wanted!r} in {text!r}"
                text += os.read(self.fd, 4096).decode()
        return text

    def type(self, text):
        os.write(self.fd, text.encode())

    def close(self):
        os.close(self.fd)
        os.waitpid(self.process, 0)


@pytest.mark.parametrize("typed, completed", [
    ("regentctl hando\t", "regentctl handover "),
    ("regentctl handover S\t", "regentctl handover SG1 "),
    ("regentctl watch --until state=ma\t", "regentctl watch --until state=master "),
    ("regentctl watch --until=state=b\t", "regentctl watch --until=state=backup "),
    ("regentctl --color=n\t", "regentctl --color=never "),
    ("regentctl config check my\t", "regentctl config check my\\ file.toml "),
])
def test_a_person_types_tab(typed, completed, complete, script, scenes, folder):
    environment = dict(scenes["well"].environment, PATH=f"{folder}:/usr/bin:/bin")
    terminal = Terminal(environment, folder)
    try:
        terminal.read_until("ready> ")
        terminal.type(f"source {script}; PS1='set''> '\n")
        terminal.read_until("set> ")
        terminal.type(typed)
        terminal.read_until(completed)
    finally:
        terminal.close()
