# SPDX-License-Identifier: Apache-2.0
"""What every command prints, text and JSON, on both streams, and its exit code: as it was approved in gallery/. With
REGENT_UPDATE_EXPECTED=1 in the environment the files are rewritten, to be read before they are kept. That no command of
the table is forgotten here, and no exit code of one, is table_test.cpp's to see."""

import contextlib
import os
import pathlib
import re
import selectors
import shlex
import subprocess

import pytest

GALLERY = pathlib.Path(__file__).with_name("gallery")

GOOD = """[instance.VI_1]
interface = "eth0"
virtual_router_id = 51
priority = 100
version = 2
addresses = ["192.0.2.10"]
auth = { type = "pass", password = "geheim" }

[check.web]
type = "web"
host = "lb1"
"""
KEEPALIVED = """vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10
    }
    smtp_alert
@lb2 priority 50
}
"""
RECORDED = """{"schema":"regent.record.1","version":"0.0.1","node":"lb1","boot_id":"b","wall":1700000000123456789,"at":1000000000}
{"at":1000000000,"input":{"TimerFired":{}}}
{"cause":"stopped"}
"""
FILES = {"good.toml": GOOD, "bad.toml": GOOD + "hots = 3\n", "good.conf": KEEPALIVED,
         "bad.conf": KEEPALIVED.replace("smtp_alert", "virtual_ipadress_excluded { 192.0.2.11 }"),
         "good.jsonl": RECORDED, "bad.jsonl": RECORDED.replace("TimerFired", "TimerFried")}

# Of each command what is run, and on which bus; on that of "nobody" by who may do nothing.
CASES = {
    "status": [("well", ""), ("well", "status VI_3"), ("well", "status SG1 --no-legend"), ("well", "status --json VI_3"),
               ("well", "-j"), ("trouble", "status"), ("trouble", "status VI_2 --json"), ("trouble", "--color=always"), ("alien", "status"), ("namesakes", "status instance/web"),
               ("well", "status VI_9"), ("well", "status haproxy"), ("empty", "status"), ("none", "status"), ("deaf", "status"), ("well", "status --jso")],
    "list": [("well", "list"), ("well", "list groups"), ("well", "list checks"), ("well", "list notifiers"),
             ("well", "list plugins"), ("trouble", "list notifiers plugins"), ("well", "list --names instances groups"), ("well", "list checks --json"),
             ("alien", "list"), ("none", "list"), ("well", "list things")],
    "show": [("well", "show VI_1"), ("well", "show SG1"), ("well", "show haproxy"), ("well", "show pager"),
             ("well", "show regent-haproxy"), ("well", "show SG1 --json"),
             ("well", "show VI_1 -p state,addresses,statistics.discarded.ttl,degraded"),
             ("well", "show VI_1 -p state,addresses --json"), ("well", "show VI_1 -p stat"), ("well", "show VI_9"),
             ("namesakes", "show web -p state"), ("namesakes", "show check/web -p state"), ("namesakes", "show notifier/web"),
             ("empty", "show VI_1"), ("well", "show"), ("well", "show VI_1 VI_2")],
    "watch": [("well", "watch VI_3 --until state=backup"), ("well", "watch VI_3 --until state=master --timeout 10ms"),
              ("namesakes", "watch web --until state=master --timeout 10ms"), ("namesakes", "watch group/web --until state=master"),
              ("well", "watch VI_9 --until state=master"), ("none", "watch"), ("well", "watch --until state=well"),
              ("well", "watch --until master"), ("well", "watch --timeout soon")],
    "handover": [("well", "handover SG1 --reason 'new kernel'"), ("well", "handover VI_1"), ("well", "handover VI_3"),
                 ("well", "handover VI_1 --reason alone"), ("well", "handover VI_9"), ("nobody", "handover SG1"),
                 ("none", "handover SG1"), ("well", "handover")],
    "release": [("well", "release SG1"), ("well", "release VI_9"), ("nobody", "release SG1"), ("empty", "release SG1"),
                ("well", "release SG1 --reason none")],
    "maintenance": [("well", "maintenance on --reason 'new disk'"), ("well", "maintenance off"), ("nobody", "maintenance on"),
                    ("none", "maintenance on"), ("well", "maintenance"), ("well", "maintenance maybe")],
    "announce": [("well", "announce VI_1"), ("well", "announce VI_3"), ("well", "announce SG1"), ("nobody", "announce VI_1"),
                 ("none", "announce VI_1"), ("well", "announce")],
    "check run": [("well", "check run haproxy"), ("trouble", "check run haproxy"), ("trouble", "check run haproxy --json"),
                  ("well", "check run nginx"), ("nobody", "check run haproxy"), ("none", "check run haproxy")],
    "check override": [("well", "check override haproxy up --for 10m"), ("well", "check override haproxy up"),
                       ("well", "check override haproxy up --for ever"), ("well", "check override haproxy down --for 100ms"),
                       ("well", "check override haproxy degraded --for 10m"), ("well", "check override nginx up --for 10m"),
                       ("nobody", "check override haproxy down --for 10m"), ("none", "check override haproxy down --for 10m")],
    "check clear": [("well", "check clear haproxy"), ("well", "check clear nginx"), ("nobody", "check clear haproxy"),
                    ("none", "check clear haproxy")],
    "notifier test": [("well", "notifier test pager"), ("trouble", "notifier test pager"), ("well", "notifier test smoke"),
                      ("nobody", "notifier test pager"), ("none", "notifier test pager")],
    "plugin restart": [("well", "plugin restart regent-haproxy"), ("trouble", "plugin restart regent-haproxy"),
                       ("well", "plugin restart regent-nginx"), ("nobody", "plugin restart regent-haproxy"),
                       ("none", "plugin restart regent-haproxy")],
    "replay": [("none", "replay good.jsonl"), ("none", "replay good.jsonl --json"), ("none", "replay bad.jsonl"),
               ("none", "replay missing.jsonl"), ("none", "replay")],
    "reload": [("well", "reload"), ("well", "reload --json"), ("trouble", "reload"), ("trouble", "reload --json"),
               ("nobody", "reload"), ("none", "reload"), ("well", "reload now")],
    "metrics": [("well", "metrics"), ("trouble", "metrics"), ("none", "metrics"), ("well", "metrics --json")],
    "config check": [("none", "config check good.toml --plugin-dir plugins"), ("none", "config check bad.toml --plugin-dir plugins"),
                     ("none", "config check --json bad.toml --plugin-dir=plugins"), ("none", "config check")],
    "config dump": [("none", "config dump good.toml --plugin-dir plugins"),
                    ("none", "config dump good.toml --plugin-dir plugins --show-secrets"),
                    ("none", "config dump bad.toml --plugin-dir plugins")],
    "config convert": [("none", "config convert good.conf --config-id lb2"), ("none", "config convert good.conf --json --config-id lb1"),
                       ("none", "config convert bad.conf --config-id lb1"), ("none", "config convert good.conf --force")],
    "plugin list": [("none", "plugin list --plugin-dir plugins"), ("none", "plugin list --json --plugin-dir plugins"),
                    ("none", "plugin list --names --plugin-dir plugins"), ("none", "plugin list --plugin-dir .")],
    "plugin show": [("none", "plugin show web --plugin-dir plugins"), ("none", "--plugin-dir plugins plugin show exec --json"),
                    ("none", "plugin show mail --plugin-dir plugins"), ("none", "plugin show")],
    "version": [("well", "version"), ("alien", "version --json"), ("none", "version"), ("none", "version --json"), ("none", "--version")],
    "completion": [("none", "completion bash"), ("none", "completion fish")],
}
CASES["help"] = [("none", words) for words in ["--help", "config --help", *(f"{command} --help" for command in CASES)]]
CASES["nothing that there is"] = [("none", words) for words in [
    "frobnicate", "hanover SG1", "--frobnicate", "config", "config chek", "--version x", "status --color pink"]]


def path_of(command):
    return GALLERY / (command.replace(" ", "-") + ".expected")


def approve(path, shown):
    if "REGENT_UPDATE_EXPECTED" in os.environ:
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.fixture
def fixed(folder):
    """Makes texts independent of the time, the user, the place and the version."""
    version = re.escape(os.environ["REGENT_VERSION"])

    def fix(text):
        text = text.replace(str(folder), "FOLDER").replace("\x1b", "^[")
        text = re.sub(rf'(regentctl"?:? "?){version}', r"\1VERSION", text)
        text = re.sub(r"\b\d{5,} d\b", "20000 d", text)
        text = re.sub(r"\b\d\d:\d\d:\d\d\.\d{3}\b", "07:40:00.123", text)
        text = re.sub(r'"time":\d+', '"time":1700000000000000', text)
        return re.sub(r"\buid \d+", "uid 65534", text)

    return fix


@pytest.fixture(scope="session")
def files(folder, plugins):
    for name, text in FILES.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)


@pytest.fixture
def run(scenes, folder, program, files):
    def run(scene, words):
        options = {}
        if scene == "nobody" and os.geteuid() == 0:
            options = {"user": 65534, "group": 65534, "extra_groups": []}
        done = subprocess.run([program, *shlex.split(words)], capture_output=True, text=True, errors="replace", timeout=20,
                              env=scenes[scene].environment, cwd=folder, check=False, **options)
        return done.stdout, done.stderr, done.returncode

    return run


def shown(scene, words, stdout, stderr, code):
    """A run as it stands in the gallery."""
    if stdout and not stdout.endswith("\n"):
        stdout += "(no line feed)\n"
    errors = "".join(f"2> {line}\n" for line in stderr.splitlines())
    return f"[{scene}] $ {' '.join(f'regentctl {words}'.split())}\n{stdout}{errors}[exit {code}]\n\n"


@pytest.mark.parametrize("command", CASES)
def test_output(command, run, fixed):
    text = "".join(shown(scene, words, *run(scene, words)) for scene, words in CASES[command])
    approve(path_of(command), fixed(text))


def test_each_file_of_the_gallery_has_its_cases():
    assert set(GALLERY.glob("*")) == {*map(path_of, CASES), *map(path_of, WATCHED)}


# What the agent is told, and what is to be seen of it before it is told more.
CHECK = [("check", "process 812"), ("uncheck", "HAProxy 2.6"), ("override", "down"), ("uncheck", "ended")]
ROLES = [("group", "no carrier"), ("fault", "told to be fault")]
WATCHED = {"watch changes": ("watch", CHECK + ROLES), "watch changes as json": ("watch --json --until state=fault SG1 VI_3", ROLES)}


def read_some(process, timeout):
    """What it prints within that time."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return os.read(process.stdout.fileno(), 65536).decode() if selector.select(timeout) else ""


def read_until(process, sign):
    """New lines, the last of them with `sign`."""
    text = ""
    while not text.endswith("\n") or sign not in text.splitlines()[-1]:
        more = read_some(process, 20.0)
        assert more, text
        text += more
    return text


def without_repetitions(text):
    lines = text.splitlines()
    return "".join(f"{line}\n" for at, line in enumerate(lines) if line not in lines[:at])


def test_a_reason_is_text(run):
    assert run("well", "maintenance on --reason '\udcff'")[1:] == (
        "regentctl: maintenance: --reason: the text is not UTF-8 (see regentctl maintenance --help)\n", 2)


def listening(process, scene):
    """What it prints when it hears the agent for the first time; nothing tells when it begins to listen. No word that the
    agent was told meanwhile is on its way any more: one change may overtake another of another kind."""
    text = ""
    while not text:
        assert process.poll() is None
        scene.tell("master")
        text = read_some(process, 0.05)
    scene.tell("the last")
    text += read_until(process, "told to be the last")
    return "".join(line for line in text.splitlines(keepends=True) if "the last" not in line)


def test_watch_ends_with_the_bus(scenes, folder, program):
    doomed = scenes["doomed"]
    with subprocess.Popen([program, "watch"], env=doomed.environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        listening(process, doomed)
        doomed.bus.kill()
        assert (process.wait(20.0), process.stderr.read()) == (
            6, b"regentctl: the system bus has gone (Failed to process bus requests (Connection reset by peer)); "
            b"the agent does without it: systemctl status regent shows its state\n")


def test_watch_waits_for_an_agent_that_comes_and_goes(scenes, folder, program):
    restless = scenes["restless"]
    with subprocess.Popen([program, "watch", "--until", "state=fault", "VI_3"], env=restless.environment, cwd=folder,
                          stdout=subprocess.PIPE) as process:
        listening(process, restless)
        restless.replace_agent("mute")  # it dies while it is asked, or before
        read_until(process, "there")
        restless.replace_agent("well")
        read_until(process, "there")
        restless.tell("fault")
        assert process.wait(20.0) == 0


@pytest.mark.parametrize("reader", ["full disk", "gone"])
def test_watch_ends_where_it_cannot_print(reader, scenes, folder, program):
    """Without its signal, too: under systemd, and under Python, SIGPIPE is ignored."""
    well = scenes["well"]
    if reader == "gone":
        read, write = os.pipe()
        os.close(read)
    else:
        write = os.open("/dev/full", os.O_WRONLY)
    with subprocess.Popen([program, "watch"], env=well.environment, cwd=folder, stdout=write, stderr=subprocess.PIPE,
                          restore_signals=False) as process:
        os.close(write)
        for _ in range(200):
            well.tell("master")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                break
        ended = process.poll()
        process.kill()
        assert (ended, process.stderr.read()) == (1, b"regentctl: cannot write the output\n")


@pytest.mark.parametrize("name", WATCHED)
def test_watch_tells_what_changes(name, scenes, folder, program, fixed):
    (words, changes), well = WATCHED[name], scenes["well"]
    with subprocess.Popen([program, *words.split()], env=well.environment, cwd=folder, stdout=subprocess.PIPE) as process:
        text = listening(process, well)
        for change, sign in changes:
            well.tell(change)
            text += read_until(process, sign)
        if "--until" not in words:
            process.terminate()
        code = process.wait(20.0)
    approve(path_of(name), shown("well", words, without_repetitions(fixed(text)), "", code))
