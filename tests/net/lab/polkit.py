# SPDX-License-Identifier: Apache-2.0
"""polkitd of Debian on a balancer's own bus, with rules and accounts that exist nowhere else: the host's are left alone.

The agent runs as the user of its unit there, because polkit answers root and others differently.
"""

from __future__ import annotations

import pathlib
import signal

from .agents import ROOT, Regent
from .bus import Bus
from .lab import Lab
from .netns import LabError
from .process import Process
from .processes import eventually

PROGRAM = pathlib.Path("/usr/lib/polkit-1/polkitd")
NAME = "org.freedesktop.PolicyKit1"
GROUP = "operators"
_UIDS = {"regent": 64010, "member": 64011, "guest": 64012}
_GIDS = {**_UIDS, GROUP: 64020}


def account(name: str) -> tuple[str, ...]:
    """What runs a program as one of the accounts: "regent", "member" (of the group) or "guest"."""
    return ("setpriv", f"--reuid={_UIDS[name]}", f"--regid={_GIDS[name]}", "--clear-groups", "--")


def uid(name: str) -> int:
    """Of an account."""
    return _UIDS[name]


class Polkit:
    """To be made before bus and agent start; does not run before start(). `rules` is the text of a file of rules.d."""

    def __init__(self, lab: Lab, bus: Bus, agent: Regent, rules: str) -> None:
        self.lab, self.bus = lab, bus
        self._process: Process | None = None
        self._runs = 0
        self._directory = lab.directory / f"{bus.host}-polkit"
        for folder in ("rules.d", "actions"):
            (self._directory / folder).mkdir(parents=True)
        self._write("rules.d/50-regent.rules", rules)
        self._write("actions/org.regent1.policy", (ROOT / "etc" / "org.regent1.policy").read_text(encoding="utf-8"))
        passwd = "".join(f"{name}:x:{number}:{number}::/:/bin/sh\n" for name, number in _UIDS.items())
        group = "".join(f"{name}:x:{number}:{'member' if name == GROUP else ''}\n" for name, number in _GIDS.items())
        self._write("passwd", passwd + pathlib.Path("/etc/passwd").read_text(encoding="utf-8"))
        self._write("group", group + pathlib.Path("/etc/group").read_text(encoding="utf-8"))
        bus.launcher = self._inside()
        # It reads its files in the lab whoever it is; nothing else here differs from the unit.
        powers = "+net_admin,+net_raw,+dac_override"
        agent.launcher = (*account("regent")[:-1], f"--inh-caps={powers}", f"--ambient-caps={powers}", "--")

    def _write(self, name: str, text: str) -> None:
        file = self._directory / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o644)
        file.parent.chmod(0o755)

    def _inside(self) -> tuple[str, ...]:
        """What starts a program where its files are those of this object."""
        places = {"rules.d": "/etc/polkit-1/rules.d", "actions": "/usr/share/polkit-1/actions", "passwd": "/etc/passwd", "group": "/etc/group"}
        binds = "\n".join(f"mount --bind {self._directory / name} {place}" for name, place in places.items())
        return ("unshare", "--mount", "--propagation=private", "sh", "-ec", f'{binds}\nexec "$@"', "sh")

    def start(self) -> None:
        """Returns when it is on the bus."""
        self._runs += 1
        self._process = self.lab.start(f"{self.bus.host}-polkit-{self._runs}", [*self._inside(), str(PROGRAM), "--no-debug"],
                                       environment=self.bus.environment)
        eventually(lambda: True if NAME in self.bus.busctl("list", "--acquired") else None, 10.0, "polkitd is not on the bus")

    def running(self) -> Process:
        if self._process is None:
            raise LabError("polkitd was not started")
        return self._process

    def kill(self) -> float:
        """SIGKILL; returns the time just before."""
        return self.running().kill()

    def hang(self) -> float:
        """SIGSTOP; returns the time just before."""
        return self.running().signal(signal.SIGSTOP)

    def wake(self) -> float:
        """SIGCONT; returns the time just before."""
        return self.running().signal(signal.SIGCONT)
