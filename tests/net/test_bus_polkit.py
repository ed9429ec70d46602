# SPDX-License-Identifier: Apache-2.0
"""Who may act on D-Bus: root, and whom a rule of polkit lets; and what it is to VRRP and to root when polkit is dead or
hangs. With real polkitd, real second users, and the rule of the manual."""

from __future__ import annotations

import time
from typing import Callable

import pytest

from net.lab.agents import ROOT, Regent
from net.lab.bus import NAME, PATH, Bus
from net.lab.cluster import VIP1, VIP2
from net.lab.duo import Duo
from net.lab.lab import Lab
from net.lab.netns import LabError
from net.lab.pace import Pace
from net.lab.polkit import Polkit, account, uid
from net.lab.processes import eventually

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd", "polkitd"), pytest.mark.calm]
FAST, LATE, ROOM = 0.1, 0.020, 5
ANSWER = 2.0  # seconds that polkit is waited for
GROUP = f"{PATH}/group/SG1"
MANAGER = (NAME, PATH, f"{NAME}.Manager")
HANDOVER = ("call", NAME, GROUP, f"{NAME}.Group", "Handover", "s", "asked for")
RELEASE = ("call", NAME, GROUP, f"{NAME}.Group", "Release")
ACTIONS = {"org.regent1.maintenance": ("call", *MANAGER, "SetMaintenance", "bs", "true", "mine"), "org.regent1.reload": ("call", *MANAGER, "Reload")}


def _rule_of_the_manual() -> str:
    manual = (ROOT / "docs" / "man" / "org.regent1.5.scd").read_text(encoding="utf-8")
    section = manual.split("# WHO MAY ACT")[1].split("\n# ")[0]
    return "\n".join(line.removesuffix("++") for line in section.splitlines() if line.startswith("\t"))


class Scene:
    """A pair, lb1 MASTER; its agent runs as the user of the unit, beside polkitd."""

    def __init__(self, lab: Lab) -> None:
        self.duo = Duo(lab, "regent", version=3, interval=FAST)
        self.bus = Bus(lab, "lb1")
        agent = self.duo.agents["lb1"]
        assert isinstance(agent, Regent)
        agent.environment = self.bus.environment
        self.polkit = Polkit(lab, self.bus, agent, _rule_of_the_manual())
        self.bus.start()
        self.polkit.start()
        self.duo.begin()
        self.bus.wait_name(5.0)
        self.pace = Pace(lab, "lb1")

    def refused(self, who: str, action: str, *words: str) -> float:
        """Somebody asks in vain, and is told for what; seconds until then."""
        start = time.monotonic()
        refusal = self.bus.busctl(*words, user=account(who), fails=True)
        assert f"uid {uid(who)} may not do this: it takes root, or a polkit rule for {action}" in refusal
        return time.monotonic() - start

    def allowed(self, who: str) -> bool | None:
        """Asks for a handover; None: it was refused."""
        try:
            self.bus.busctl(*HANDOVER, user=account(who))
        except LabError:
            return None
        return True

    def moved(self, holder: str) -> None:
        self.duo.watcher.wait_holders((VIP1, VIP2), {holder}, 5.0)

    def there_and_back(self, who: tuple[str, ...] = ()) -> None:
        """Handover and Release are allowed, and done."""
        self.bus.busctl(*HANDOVER, user=who)
        self.moved("lb2")
        self.bus.busctl(*RELEASE, user=who)
        self.moved("lb1")
        self.duo.settle()


@pytest.fixture(scope="module")
def scene(shared_lab: Lab) -> Scene:
    return Scene(shared_lab)


def test_a_rule_lets_a_group_act(scene: Scene) -> None:
    """Who is in the group hands over and releases, and does nothing else; the log names him."""
    scene.there_and_back(account("member"))
    log = scene.duo.agents["lb1"].running()
    log.wait_for(rf"Handover of SG1 \(asked for\), asked for by uid {uid('member')}, busctl, pid \d+", 5.0)
    for action, words in ACTIONS.items():
        scene.refused("member", action, *words)


def test_others_read_and_do_nothing(scene: Scene) -> None:
    """A second uid without a rule."""
    start = time.monotonic()
    for who in ("guest", "member"):
        assert 's "master"' in scene.bus.busctl("get-property", NAME, GROUP, f"{NAME}.Group", "State", user=account(who))
        assert "regent.status.1" in scene.bus.busctl("call", *MANAGER, "Describe", user=account(who))
        assert "MASTER" in scene.bus.regentctl("status", user=account(who))[0]
        scene.bus.regentctl("watch", "SG1", "--until", "state=master", "--timeout", "5s", user=account(who))
    for action, words in {**ACTIONS, "org.regent1.handover": HANDOVER}.items():
        scene.refused("guest", action, *words)
    scene.refused("guest", "org.regent1.handover", *RELEASE)
    assert "org.regent1.handover" in scene.bus.regentctl("handover", "SG1", code=5, user=account("guest"))[1]
    assert scene.duo.cost(start, time.monotonic())[2] == 0, "nothing moves"


def test_without_polkit_root_alone_acts(scene: Scene, say: Say) -> None:
    """Killed: everybody else is refused, at once, and root hands over; back: the rule holds again."""
    start = scene.polkit.kill()
    took = scene.refused("member", "org.regent1.handover", *HANDOVER)
    calm = scene.pace.wait(5 * FAST)
    scene.there_and_back()
    scene.polkit.start()
    scene.there_and_back(account("member"))
    late = scene.pace.worst(start, calm).seconds - FAST
    say(f"polkitd killed: refused after {took * 1000:.0f} ms, worst advert {late * 1000:.1f} ms late")
    assert took <= ROOM * 0.2 and late <= ROOM * LATE


def test_a_polkit_that_hangs_holds_up_nobody_else(scene: Scene, say: Say) -> None:
    """While eleven requests wait for it root is served and everybody reads; and it is asked again once it answers."""
    start = scene.polkit.hang()
    crowd = [scene.duo.lab.start(f"guest-{number}", [*account("guest"), "busctl", f"--address={scene.bus.address}", *HANDOVER])
             for number in range(10)]
    began = time.monotonic()
    assert 's "master"' in scene.bus.busctl("get-property", NAME, GROUP, f"{NAME}.Group", "State", user=account("guest"))
    scene.bus.busctl("call", *MANAGER, "Reload")
    root = time.monotonic() - began
    first = scene.refused("member", "org.regent1.handover", *HANDOVER)
    refusals = [guest.wait_for(r"may not do this.*polkit does not answer", 10 * ANSWER) for guest in crowd]
    crowded = max(line.time for line in refusals) - start
    late = scene.pace.worst(start, time.monotonic()).seconds - FAST
    scene.polkit.wake()
    say(f"polkitd hangs: one is refused after {first:.2f} s, ten more after {crowded:.2f} s; root was served in {root * 1000:.0f} ms; "
        f"worst advert {late * 1000:.1f} ms late")
    assert first <= ANSWER + 1.0 and crowded <= ANSWER + ROOM * 0.2 and root <= ROOM * 0.1 and late <= ROOM * LATE
    eventually(lambda: scene.allowed("member"), 15.0, "the rule does not hold again")
    scene.moved("lb2")
    scene.bus.busctl(*RELEASE, user=account("member"))
    scene.moved("lb1")
