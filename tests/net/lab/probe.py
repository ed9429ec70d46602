# SPDX-License-Identifier: Apache-2.0
"""Starts the probe program in a host and reads what it saw, while it runs."""

from __future__ import annotations

import pathlib
import signal
import time
from dataclasses import dataclass

from .lab import Lab
from .netns import LabError
from .process import Process

_HERE = pathlib.Path(__file__).parent


@dataclass(frozen=True)
class Request:
    """One request. `retransmissions` counts the connection's SYNs that had to be sent again."""

    number: int
    start: float
    end: float
    result: str
    retransmissions: int

    @property
    def ok(self) -> bool:
        return self.result == "ok"


@dataclass(frozen=True)
class Verdict:
    """What the client saw in a span of time. Seconds."""

    sent: int
    lost: int
    retransmitted: int  # answered, but only after a repeated SYN
    longest_gap: float  # between two successive good answers
    results: dict[str, int]
    cadence: float  # the longest time between two questions: no shorter gap can be told


def judge(requests: list[Request], start: float, end: float) -> Verdict:
    """The requests started in a span of time, and the longest silence that touched it."""
    inside = [r for r in requests if start <= r.start <= end]
    answers = sorted(r.end for r in requests if r.ok)
    gap = 0.0
    for before, after in zip(answers, answers[1:]):
        if after >= start and before <= end:
            gap = max(gap, after - before)
    if not any(a > start for a in answers):
        gap = max(gap, end - start)
    starts = sorted(r.start for r in inside)
    cadence = max((after - before for before, after in zip(starts, starts[1:])), default=0.0)
    results: dict[str, int] = {}
    for request in inside:
        results[request.result] = results.get(request.result, 0) + 1
    return Verdict(len(inside), sum(not r.ok for r in inside), sum(r.ok and r.retransmissions > 0 for r in inside),
                   gap, results, cadence)


class Probe:
    """A running probe. Stops with the lab at the latest."""

    def __init__(self, lab: Lab, host: str, name: str, mode: str, target: str, *, sources: tuple[str, ...] = (),
                 every: float = 0.005, timeout: float = 2.0, path: str = "/probe", body: str = "") -> None:
        """`path` is what is asked for over TCP, `body` a text that must be in the answer."""
        self._begin(lab.start(name, [
            "/usr/bin/python3", "-u", str(_HERE / "probe_main.py"), "--mode", mode, "--target", target,
            "--sources", ",".join(sources), "--every", str(every), "--timeout", str(timeout), "--path", path, "--body", body],
            host=host), every, timeout)

    @classmethod
    def of(cls, process: Process, every: float, timeout: float) -> "Probe":
        """Another program that prints what probe_main.py would."""
        made = cls.__new__(cls)
        made._begin(process, every, timeout)
        return made

    def _begin(self, process: Process, every: float, timeout: float) -> None:
        self.every, self.timeout = every, timeout
        self._parsed: list[Request] = []
        self._at = 0
        self._process = process

    def requests(self) -> list[Request]:
        """All finished requests so far."""
        lines = self._process.lines
        for line in lines[self._at:len(lines)]:
            words = line.text.split()
            if len(words) == 5 and words[0].isdigit():
                self._parsed.append(Request(int(words[0]), float(words[1]), float(words[2]), words[3], int(words[4])))
            elif words[:1] != ["late"]:
                raise LabError(f"the probe says: {self._process.tail(10)}")
            self._at += 1
        return self._parsed

    def wait_answer(self, since: float, timeout: float) -> Request:
        """Waits for a good answer to a request that was started at or after `since`."""
        return self._wait(lambda: next((r for r in self.requests() if r.ok and r.start >= since), None), timeout,
                          "no good answer")

    def wait_complete(self, until: float, timeout: float) -> None:
        """Waits until every request that was started before `until` has ended one way or the other."""
        def complete() -> bool | None:
            done = {r.number: r.start for r in self.requests()}
            number = 0
            while number in done:
                if done[number] >= until:
                    return True
                number += 1
            return None

        self._wait(complete, timeout, "requests still under way")

    def _wait(self, condition, timeout: float, otherwise: str):  # type: ignore[no-untyped-def]
        deadline = time.monotonic() + timeout
        while True:
            mark = self._process.mark()
            value = condition()
            if value is not None:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise LabError(f"{otherwise} within {timeout} s: {self._process.tail(5)}")
            try:
                self._process.wait_for("", left, since=mark)
            except LabError:
                if not self._process.alive():
                    raise

    def stop(self) -> float:
        """Stops asking, waits for what is under way; returns the worst lateness of the probe's own cadence."""
        if self._process.alive():
            self._process.signal(signal.SIGTERM)
            self._process.wait(self.timeout + 5.0)
        late = self._process.find("^late ")
        return float(late[-1].text.split()[1]) if late else 0.0


def start_servers(lab: Lab, host: str, name: str, *what: str) -> Process:
    """HTTP and UDP echo servers: http:ADDRESS:PORT, udp:ADDRESS:PORT."""
    process = lab.start(name, ["/usr/bin/python3", "-u", str(_HERE / "servers.py"), *what],
                        host=host)
    process.wait_for("^ready", 10.0)
    return process
