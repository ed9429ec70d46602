# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the network tests: the lab that is removed again, and the refusal to pass silently without root."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import sys
import time
from typing import Callable, Iterator

import pytest
from _pytest.runner import runtestprotocol

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from net.lab import LONG  # noqa: E402
from net.lab.agents import build_directory  # noqa: E402
from net.lab.hiccups import Hiccup, Hiccups  # noqa: E402
from net.lab.lab import Lab  # noqa: E402
from net.lab.netns import what_is_missing  # noqa: E402
from net.lab.polkit import PROGRAM  # noqa: E402
from net.lab.table import Table  # noqa: E402

TABLE, MORE_LABS = pytest.StashKey[Table](), pytest.StashKey[list[Lab]]()
HICCUPS, REPEATED = pytest.StashKey[Hiccups](), pytest.StashKey[list[str]]()
SETUPS = pytest.StashKey[dict[str, tuple[float, float]]]()  # of a module: when each fixture that its tests share was made
LABS = ("lab", "shared_lab", "shared_rival_lab")
PROGRAMS = ("ip", "bridge", "nft", "haproxy", "keepalived", "nsenter", "setpriv")


def pytest_configure(config: pytest.Config) -> None:
    """SIGTERM ends a run like Ctrl-C does, so that the fixtures clean up."""
    config.stash[TABLE] = Table()
    config.stash[REPEATED] = []

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without REGENT_LONG the tests that are marked `long` do not count."""
    if LONG:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """A test that fails while the machine stands still is done once more, in a lab of its own; any other failure stands."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    since = time.monotonic()
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports) and (hiccup := _worst_hiccup(item, since)):
        item.config.stash[REPEATED].append(
            f"{item.nodeid}: failed while processor {hiccup.cpu} stood still for {hiccup.seconds * 1000:.0f} ms\n"
            + "\n".join(report.longreprtext for report in reports if report.failed))
        # Not pytest's public interface, which has no way to end what tests share: that is in the middle of something.
        item.session._setupstate.teardown_exact(None)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> Iterator[None]:
    """What a module's tests share they judge too: a hiccup in its making spoils each of them, not only the first."""
    begun = time.monotonic()
    yield
    if fixturedef.scope == "module":
        request.node.stash.setdefault(SETUPS, {})[fixturedef.argname] = (begun, time.monotonic())


def _worst_hiccup(item: pytest.Item, since: float) -> Hiccup | None:
    hiccups, module = item.config.stash.get(HICCUPS, None), item.getparent(pytest.Module)
    if hiccups is None:
        return None
    used = getattr(item, "fixturenames", ())
    shared = [span for name, span in (module.stash.get(SETUPS, {}) if module else {}).items() if name in used]
    found = [hiccups.worst(since), *(hiccups.worst(*span) for span in shared)]
    return max((hiccup for hiccup in found if hiccup), key=lambda hiccup: hiccup.seconds, default=None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table of all rows that this run has measured, and the tests that the machine has spoilt."""
    if repeated := config.stash[REPEATED]:
        terminalreporter.section(f"done twice: {len(repeated)}")
        terminalreporter.write_line("\n".join(repeated))
    if lines := config.stash[TABLE].lines():
        terminalreporter.section("what each event cost")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def table(request: pytest.FixtureRequest) -> Table:
    """Where a test puts its row."""
    return request.config.stash[TABLE]


def _refuse(reason: str) -> None:
    """Skips loudly; where CI is set, a skip is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"cannot run here, and CI is set: {reason}", pytrace=False)
    pytest.skip(f"SKIPPED, NOTHING WAS TESTED: {reason}")


@pytest.fixture(scope="session")
def ground() -> None:
    """Root, programs and kernel features."""
    missing = what_is_missing(PROGRAMS)
    if missing:
        _refuse("; ".join(missing))


@pytest.fixture(scope="session", autouse=True)
def hiccups(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The machine is watched; without root it cannot be, and there is nothing to watch it for."""
    if os.geteuid() != 0:
        yield
        return
    watching = request.config.stash[HICCUPS] = Hiccups(tmp_path_factory.mktemp("hiccups"))
    yield
    watching.stop()


@pytest.fixture(scope="session")
def regentd(ground: None) -> pathlib.Path:
    """The agent that is tested (REGENT_BUILD, default build/dev)."""
    program = build_directory() / "bin" / "regentd"
    if not program.exists():
        _refuse(f"{program} was not built")
    return program


@pytest.fixture
def loop_disks(ground: None) -> None:
    """Disks that are files, which can be frozen."""
    if missing := what_is_missing(("mkfs.ext4", "fsfreeze", "losetup")):
        _refuse("; ".join(missing))
    if not os.path.exists("/dev/loop-control"):  # a kernel, or a container, that CI may have to live with
        pytest.skip("SKIPPED, NOTHING WAS TESTED: this machine has no loop devices")


@pytest.fixture(scope="session")
def java(ground: None) -> None:
    """A JVM and a compiler for it."""
    if missing := what_is_missing(("java", "javac")):
        _refuse("; ".join(missing))


@pytest.fixture(scope="session")
def polkitd(ground: None) -> None:
    """Debian's polkitd."""
    if not PROGRAM.exists():
        _refuse(f"{PROGRAM} is not installed (polkitd)")


@pytest.fixture
def lab(ground: None, tmp_path: pathlib.Path) -> Iterator[Lab]:
    """An empty lab. On failure the last output of everything in it is shown."""
    with Lab(tmp_path) as made:
        yield made
        _check(made)


@pytest.fixture
def new_lab(ground: None, tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Lab]]:
    """Makes labs by name, for what happens in several at the same time."""
    with contextlib.ExitStack() as stack:
        def make(name: str) -> Lab:
            directory = tmp_path / name
            directory.mkdir()
            made.append(stack.enter_context(Lab(directory)))
            return made[-1]

        made: list[Lab] = []
        request.node.stash[MORE_LABS] = made
        yield make
        for lab in made:
            _check(lab)


@pytest.fixture
def rival_lab(new_lab: Callable[[str], Lab]) -> Lab:
    """A second lab, for keepalived to meet the same at the same time."""
    return new_lab("rival")


@pytest.fixture(scope="module")
def shared_lab(ground: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One lab for a module whose cases can follow each other in it."""
    with Lab(tmp_path_factory.mktemp("lab")) as made:
        yield made
        _check(made)


@pytest.fixture(scope="module")
def shared_rival_lab(ground: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The same for keepalived."""
    with Lab(tmp_path_factory.mktemp("rival")) as made:
        yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Adds the lab's report to a failure while the lab still stands."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call" and report.failed:
        arguments = getattr(item, "funcargs", {})
        for made in (*(arguments[name] for name in LABS if name in arguments), *item.stash.get(MORE_LABS, [])):
            report.sections.append((f"what the programs in {made.directory.name} said", made.report()))


def _check(made: Lab) -> None:
    """A sanitizer's finding, or a crash of the agent, fails the test that caused it."""
    found = [p for p in made.processes if "regent" in p.name
             and p.find(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer|REGENT_CHECK")]
    if found:
        pytest.fail("\n".join(f"{p.name}:\n{p.tail(80)}" for p in found), pytrace=False)


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Prints a figure past pytest's capture, and into the report."""
    manager = request.config.pluginmanager.getplugin("capturemanager")

    def speak(text: str) -> None:
        with manager.global_and_fixture_disabled():
            print(f"\n    {text}", end="", flush=True)

    return speak


