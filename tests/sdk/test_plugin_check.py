# SPDX-License-Identifier: Apache-2.0
"""regent-plugin-check: every plugin of ours keeps the contract; each broken one is found by the test that is meant for
its sin, and by no other."""

import concurrent.futures
import hashlib
import json
import os
import platform
import re
import subprocess

import conftest
import pytest
import tree

PROGRAM = conftest.BUILD / "bin" / "regent-plugin-check"
BROKEN = conftest.BUILD / "broken-plugins"
PLUGINS = sorted((conftest.BUILD / "plugins").glob("regent-*.so"))
PLUGINS += [conftest.BUILD / "fixtures" / "regent-fixture.so", conftest.BUILD / "test-plugins" / "good.so"]
# Built once with the headers of 1.0, and never again (tests/plugins/stored).
STORED = tree.ROOT / "tests" / "plugins" / "stored" / "regent-stored-1.0.so"
STORED_SHA256 = "71dc8ce0ee8b09d6deacc9f093a075ce3fe4aa76b975b278575d5878858fc78d"
if platform.machine() == "x86_64":
    PLUGINS.append(STORED)

# What a plugin is tried with beside what the tool makes up by itself.
PARAMETERS = {
    "regent-exec": [[], ["command=['/bin/true']"], ["command=['/bin/cat', '/dev/zero']"]],
    "regent-process": [[], ["name=init"], ["unit=dbus.service"]],
    "regent-ping": [[], ["targets=['127.0.0.1', '192.0.2.1']"]],
    "regent-tcp": [[], ["keep=true"]],
    "regent-rmi": [[], ["protocol=single", "keep=false", "names=['trazaServ']"]],
    "regent-docker": [[], ["label=app=x"]],
    # Its way "thread" calls what it may not, on purpose.
    STORED.stem: [[f"way={way}"] for way in ("at-once", "fd", "timer", "thread")],
    "good": [[f"way={way}"] for way in ("at-once", "fd", "timer", "wake")],
}
GOOD = [(path, given) for path in PLUGINS for given in PARAMETERS.get(path.stem, [[]])]

# The one test that fails, and a word of what it says, as a regular expression: how many lives there are, and how long
# somebody waits, is the machine's affair too.
SINS = {
    "more-symbols": ("elf.exports", "one_more"),
    "undefined-symbol": ("elf.symbols", "nobody_has_this"),
    "unloadable": ("elf.nodelete", "-z nodelete"),
    "text-relocation": ("elf.relocations", "-fPIC"),
    "executable-stack": ("elf.stack", "-z noexecstack"),
    "agent-library": ("elf.libraries", "libregent-fake.so"),
    "constructor": ("elf.constructors", "1 constructors"),
    "crash-at-load": ("load", "signal 6"),
    "needs-more": ("descriptor.version", "needs version 1.1"),
    "small-struct": ("descriptor.sizes", "parameter 1 of type 1"),
    "not-utf8": ("descriptor.texts", "its summary is not UTF-8"),
    "bad-type-name": ("descriptor.types", "Broken Type"),
    "unknown-flag": ("descriptor.flags", "0x100000"),
    "no-cancel": ("descriptor.operations", "cancel"),
    "long-default": ("descriptor.accepted", "longer than 1024 bytes"),
    "reserved-name": ("schema.names", "interval"),
    "duplicate-name": ("schema.names", "declared twice"),
    "no-summary": ("schema.summaries", "is empty"),
    "crossed-bounds": ("schema.types", "minimum above its maximum"),
    "duplicate-choice": ("schema.choices", '"one" twice'),
    "bad-default": ("schema.defaults", "0 to 100, not 101"),
    "refuse-all": ("config.accepts", "nothing is good enough"),
    "crash-at-edge": ("config.extremes", "signal 6"),
    "crash-at-pair": ("config.random", "signal 6"),
    "silent-refusal": ("config.errors", "without a word"),
    "wrong-blame": ("config.errors", "blames parameter 8 of 4"),
    "fickle-validate": ("config.validate", "two answers"),
    "leaky-validate": ("config.validate", "descriptor"),
    "crash-unstarted": ("lifecycle.unstarted", "signal 6"),
    "crash-in-stop": ("lifecycle.start", "signal 6"),
    "stuck-stop": ("lifecycle.start", "hangs"),
    "crash-in-probe": ("contract.probe", "signal 6"),
    "block-in-probe": ("contract.probe", "hangs"),
    "slow-probe": ("contract.probe", r"probe took \d{3} ms"),
    "answer-cancelled": ("contract.cancel", "was answered, cancelled"),
    "crash-stop-mid-probe": ("lifecycle.stop-mid-probe", "signal 6"),
    "global-state": ("lifecycle.two-instances", "answers number"),
    "full-table": ("lifecycle.reconfigure", "signal 6"),
    "leak-descriptor": ("lifecycle.descriptors", r"(\d+) lives leave \1 descriptors"),
    "leak-thread": ("lifecycle.threads", r"(\d+) lives leave \1 threads"),
    "leak-child": ("lifecycle.children", r"(\d+) lives leave \1 processes"),
    "leak-memory": ("lifecycle.memory", "bytes of memory"),
    "slow-start": ("contract.returns", "start took "),
    "throws": ("contract.exceptions", "probe: nobody catches this"),
    "answer-twice": ("contract.answers", "check broken"),
    "ack-twice": ("contract.answers", "notifier broken"),
    "talk-after-stop": ("contract.silence", "after stop"),
    "talk-late": ("contract.silence", "after stop"),
    "impossible-state": ("contract.results", "state or a reason"),
    "broken-message": ("contract.results", "not UTF-8"),
    "foreign-thread": ("contract.threads", "not the loop's"),
    "inherited-descriptor": ("contract.descriptors", "not CLOEXEC"),
    "inherited-file": ("contract.descriptors", "/dev/null"),
    "close-watched": ("contract.descriptors", "while it was watched"),
    "many-timers": ("contract.operations", "64 timers"),
    "print": ("contract.stdout", "here I am"),
    "change-signal": ("contract.process", "what signals do"),
    "change-umask": ("contract.process", "the umask"),
    "change-folder": ("contract.process", "the working directory"),
    "change-locale": ("contract.process", "the locale"),
    "change-environment": ("contract.process", "the environment"),
    "bad-json": ("contract.describe", "no JSON object"),
    "long-json": ("contract.describe", "writes more than"),
    "crash-without-descriptor": ("faults.descriptors", "signal 6"),
    "down-without-descriptor": ("faults.descriptors", "says DOWN"),
    "crash-on-spurious": ("faults.spurious-fd", "signal 6"),
    "crash-on-unknown": ("faults.unknown-fd", "signal 6"),
    "crash-on-jump": ("faults.clock", "signal 6"),
    "crash-in-a-crowd": ("faults.random", "signal 6"),
}


def check(plugin, *options):
    """Exit status, and the outcomes by the name of the test."""
    done = subprocess.run(
        [PROGRAM, "--json", *options, plugin], capture_output=True, text=True, timeout=100, check=False, cwd=plugin.parent
    )
    assert done.returncode in (0, 1), done.stderr
    outcomes = json.loads(done.stdout)
    return done.returncode, {each["test"]: each for each in outcomes}


@pytest.fixture(scope="module")
def runs():
    """All runs are begun at once and a few at a time: most of each is waiting."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = {name: pool.submit(check, BROKEN / f"{name}.so", "--time-limit", "2") for name in ["none", *SINS]}
        for path, given in GOOD:
            jobs[path, *given] = pool.submit(check, path, *(word for each in given for word in ("--param", each)))
        yield jobs
        for job in jobs.values():
            job.cancel()


def failed(outcomes):
    return {name: each["text"] for name, each in outcomes.items() if each["verdict"] == "failed"}


def test_there_are_some():
    ours = {f"regent-{source.parent.name}" for source in (tree.ROOT / "plugins").glob("*/plugin.cpp")}
    assert {path.stem for path in PLUGINS} >= {"regent-haproxy", "regent-tcp", "regent-fixture", *ours}, "not built"


@pytest.mark.parametrize(("path", "given"), GOOD, ids=lambda value: getattr(value, "stem", None) or " ".join(value))
def test_plugin_keeps_the_contract(path, given, runs):
    status, outcomes = runs[path, *given].result()
    assert not failed(outcomes)
    assert status == 0


def test_nothing_is_skipped(runs):
    """Of what plugins need for every test, all is made up, or given here."""
    for path, given in GOOD:
        _, outcomes = runs[path, *given].result()
        skipped = {name for name, each in outcomes.items() if each["verdict"] == "skipped"}
        assert skipped == {"truth.verdicts"}, (path, given)


def test_the_stored_plugin_is_the_one_that_was_stored():
    if platform.machine() != "x86_64":
        pytest.skip("the stored plugin is for x86_64")
    assert hashlib.sha256(STORED.read_bytes()).hexdigest() == STORED_SHA256, "it is never built again: see its README.md"


@pytest.mark.parametrize("sin", SINS)
def test_sin_is_found_by_its_test(sin, runs):
    status, outcomes = runs[sin].result()
    expected, words = SINS[sin]
    assert list(failed(outcomes)) == [expected], failed(outcomes)
    assert re.search(words, failed(outcomes)[expected])
    assert status == 1


def test_without_a_sin_it_is_right(runs):
    status, outcomes = runs["none"].result()
    assert status == 0 and not failed(outcomes)


def test_each_test_has_its_sinner():
    """A test that no broken plugin fails may be one that cannot fail."""
    listed = json.loads(conftest.run(PROGRAM, "--list", "--json"))
    assert {each["test"] for each in listed} - {test for test, _ in SINS.values()} == {"elf.object", "truth.verdicts"}
    assert all(each["summary"] for each in listed)


def test_what_is_no_plugin(tmp_path):
    text = tmp_path / "regent-text.so"
    text.write_text("no object")
    assert failed(check(text)[1]) == {"elf.object": "it is no ELF file"}
    assert "no object regent_plugin_v1" in failed(check(conftest.BUILD / "test-plugins" / "no-symbol.so")[1])["elf.exports"]


def test_what_hangs_when_it_is_loaded():
    hangs = conftest.BUILD / "test-plugins" / "blocks-at-load.so"
    assert list(failed(check(hangs, "--test", "^elf")[1])) == ["elf.constructors"]
    # Nothing but what hangs has so little time.
    status, outcomes = check(hangs, "--time-limit", "0.5", "--test", "^(?!elf)")
    assert status == 1 and list(failed(outcomes)) == ["load"]
    assert outcomes["descriptor.sizes"]["text"] == "it needs descriptor.version, which was skipped"


def test_another_major_version():
    _, outcomes = check(conftest.BUILD / "test-plugins" / "wrong-major.so")
    assert list(failed(outcomes)) == ["descriptor.version"]


def test_a_seed_repeats_a_run():
    found = [check(BROKEN / "crash-in-a-crowd.so", "--seed", "7", "--test", "faults.random")[1] for _ in range(2)]
    assert found[0]["faults.random"]["text"] == found[1]["faults.random"]["text"]
    assert found[0]["faults.random"]["seed"] == 7


def test_lines_for_people():
    done = subprocess.run(
        [PROGRAM, "--seed", "3", BROKEN / "print.so"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "ok       elf.object"
    assert 'FAILED   contract.stdout: it writes to stdout, which is nobody\'s: "here I am"' in lines
    assert lines[-2] == f"print.so: {len(lines) - 4} ok, 1 FAILED, 1 skipped (seed 3)"
    assert lines[-1].startswith("to repeat it: regent-plugin-check --seed 3 --test '^contract.stdout$' ")


def test_without_processes():
    done = subprocess.run(
        [PROGRAM, "--in-process", "--test", "^(elf|load|descriptor|schema|config)", BROKEN / "none.so"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "0 FAILED" in done.stdout
    crashed = subprocess.run([PROGRAM, "--in-process", BROKEN / "crash-at-load.so"], capture_output=True, check=False)
    assert crashed.returncode == -6


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "one plugin"),
        (["/nonexistent.so"], "there is no file"),
        (["--frob"], "--frob"),
        (["--test", "[", BROKEN / "none.so"], "regular expression"),
        (["--test", "nothing", BROKEN / "none.so"], "no test has nothing"),
        (["--param", "x", BROKEN / "none.so"], "NAME=VALUE"),
        (["--seed", "x", BROKEN / "none.so"], "whole number"),
        (["--time-limit", "0", BROKEN / "none.so"], "0.1"),
    ],
)
def test_wrong_usage(words, problem):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert problem in done.stderr and len(done.stderr.splitlines()) == 1


def test_parameters_that_do_not_exist():
    text = failed(check(BROKEN / "none.so", "--param", "colour=red")[1])["config.accepts"]
    assert text == "--param colour: no type has it"


TRUTH = """
[[case]]
type = "exec"
parameters = {{ command = ["/bin/sh", "-c", "test -e {file} || exit 2"], user = "{user}" }}
up = "touch {file}"
down = "rm -f {file}"
"""


def truth_of(folder, text):
    file = folder / "truth.toml"
    file.write_text(text)
    return file


def test_truth(tmp_path):
    user = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    text = TRUTH.format(file=tmp_path / "there", user=user)
    plugin = conftest.BUILD / "plugins" / "regent-exec.so"
    given = ["--param", "command=['/bin/true']", "--test", "truth"]
    assert not failed(check(plugin, *given, "--truth", truth_of(tmp_path, text))[1])
    lie = text.replace("exit 2", "exit 0") + "within = 100\n"
    said = failed(check(plugin, *given, "--truth", truth_of(tmp_path, lie))[1])["truth.verdicts"]
    assert "says UP" in said and "the truth is DOWN" in said
    wrong = text + 'colour = "red"\n'
    said = failed(check(plugin, *given, "--truth", truth_of(tmp_path, wrong))[1])["truth.verdicts"]
    assert said.endswith("truth.toml:7: colour is no key of a case")
