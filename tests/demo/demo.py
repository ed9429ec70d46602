# SPDX-License-Identifier: Apache-2.0
"""The demo: a pair of balancers with real HAProxy, what can happen to them, and a table of what each cost.

Started by tests/demo.sh, which sees to what it needs. Works inside network namespaces of its own and removes them.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import cluster  # noqa: E402
import health_faults  # noqa: E402
from net.lab.agents import build_directory  # noqa: E402
from net.lab.application import what_application_lacks  # noqa: E402
from net.lab.lab import Lab  # noqa: E402
from net.lab.netns import LabError, what_is_missing  # noqa: E402
from net.lab.scenario import SKEW, Outcome, Scenario  # noqa: E402
from screen import Screen, milliseconds  # noqa: E402

HARD_LIMIT = 300  # seconds; the demo takes about two minutes
BUILT = ("bin/regentd", "bin/regent-plugin-host", "plugins/regent-haproxy.so", "plugins/regent-ping.so")
PLAIN = {"took": SKEW + 0.030, "apart": 0.005, "gap": 0.050, "lost": 1, "flips": 1}
PAIR = {"took": 0.030, "apart": 0.005, "gap": 0.050, "lost": 1, "flips": 1}
RETURN = {"apart": 0.005, "gap": 0.050, "lost": 1, "flips": 1}
SILENCE = {"since_advert": 3.0 + SKEW + 0.030, "flips": 1}
ONE_MOVE = {"flips": 1}


def judged_by(limits: dict[str, float], kinds: tuple[str, str]) -> dict[str, float]:
    """What regent answers for: how fast the VIPs arrive is up to lb2, what the client sees to lb1 that leaves."""
    if kinds[0] != "regent":
        return {}
    return {name: limit for name, limit in limits.items() if kinds[1] == "regent" or name in ("gap", "lost", "flips")}


def faults(scene: Scenario, screen: Screen, kinds: tuple[str, str], *, pair: bool, then_pair: bool) -> list[Outcome]:
    """The faults of one run, in order."""
    stop = PAIR if pair else PLAIN
    wanted = [
        ("stop lb1's agent", scene.stop_lb1, stop), ("start it again", scene.return_lb1, RETURN),
        ("pull lb1's cables", scene.pull_cable, ONE_MOVE), ("put them back", scene.put_cable, ONE_MOVE),
        ("drop lb1's packets silently", scene.silence, SILENCE),
        ("let them pass again", scene.restore, ONE_MOVE)]
    outcomes = []
    for text, fault, limits in wanted:
        screen.step(text)
        outcomes.append(fault(limits=judged_by(limits, kinds)))
    if then_pair:
        screen.step("reload both with pair = true")
        outcomes.append(scene.reload_as_pair())
        for text, fault, limits in (("stop lb1's agent (pair)", scene.stop_lb1, PAIR),
                                    ("start it again (pair)", scene.return_lb1, RETURN)):
            screen.step(text)
            outcome = fault(limits=judged_by(limits, kinds))
            outcome.fault += " (pair)"
            outcomes.append(outcome)
    return outcomes


def table(outcomes: list[Outcome]) -> str:
    """The closing table. Limits that hold for a row are judged in its last column."""
    head = ("fault", "what moved", "took", "VIPs apart", "lost", "SYN again", "longest gap", "VIP2: lost", "gap",
            "flips", "limits")
    rows = [head]
    for o in outcomes:
        verdict = "" if not o.limits else "kept" if not o.over() else "OVER: " + "; ".join(o.over())
        rows.append((o.fault, o.moved, milliseconds(o.took), milliseconds(o.apart), str(o.client.lost), str(o.client.retransmitted),
                     milliseconds(o.client.longest_gap), str(o.worker.lost), milliseconds(o.worker.longest_gap), str(o.flips), verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    left = {0, 1}
    return "\n".join("  ".join((cell.ljust if i in left else cell.rjust)(widths[i]) for i, cell in enumerate(row[:-1]))
                     + "  " + row[-1] for row in rows)


EARLIEST_HUNG = (health_faults.FALL - 1) * health_faults.INTERVAL + health_faults.TIMEOUT
LATEST_HUNG = EARLIEST_HUNG + health_faults.INTERVAL


def explain(outcomes: list[Outcome], kinds: tuple[str, str]) -> str:
    """What the columns mean and which limits were applied."""
    silent = next((o for o in outcomes if o.fault.startswith("drop")), None)
    lines = [f"lb1: {kinds[0]}, lb2: {kinds[1]}. VRRP version 2, adverts 1 s, priorities 101/50, one sync group.",
             "Client: a new HTTP connection through VIP1 and HAProxy every 5 ms. VIP2: a datagram from the worker to "
             "the outside every 5 ms."]
    if silent and silent.since_advert is not None:
        lines.append(f"Silent loss: both VIPs on lb2 {milliseconds(silent.since_advert)} after the last advert it heard "
                     f"(3 adverts + skew = {milliseconds(3 + SKEW)}).")
    if any(o.limits for o in outcomes):
        lines.append(f"Limits: stop within {milliseconds(PLAIN['took'])} ({milliseconds(PAIR['took'])} with pair), VIPs 5 ms apart, gap "
                     f"50 ms, one request; silence {milliseconds(SILENCE['since_advert'])} after the last advert; one flip each. "
                     f"HAProxy killed: gap {milliseconds(health_faults.KILLED['gap'])}; hung: {milliseconds(health_faults.HUNG['gap'])} "
                     f"in the median (from {milliseconds(EARLIEST_HUNG)} to {milliseconds(LATEST_HUNG)}, by where between two probes it falls); one LAN lost: "
                     f"{milliseconds(health_faults.LAN_LOST['gap'])}; plugin host killed or hung: no move.")
    return "\n".join(lines)


def demo(given: argparse.Namespace, screen: Screen, lab: Lab) -> list[Outcome]:
    """Builds the cluster and does the faults."""
    kinds = (given.both, given.both) if given.both else ("regent", given.peer)
    screen.say("Building the cluster: lb1, lb2, client, worker and outside, HAProxy on both balancers")
    scene = Scenario(lab, kinds, pair=given.pair, on_change=screen.change)
    screen.step(f"start {kinds[0]} on lb1 and {kinds[1]} on lb2")
    scene.begin()
    both_regent = kinds == ("regent", "regent")
    outcomes = faults(scene, screen, kinds, pair=given.pair and both_regent,
                      then_pair=both_regent and not given.pair)
    if both_regent:
        outcomes += health_faults.faults(scene, screen.step)
    late = (scene.client.stop(), scene.worker.stop())
    screen.close()
    print("\n" + table(outcomes) + "\n\n" + explain(outcomes, kinds))
    cadence = max(max(o.client.cadence, o.worker.cadence) for o in outcomes)
    print(f"The probes asked every 5 ms; where this machine was busy, {milliseconds(cadence)} at worst.")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps({"lb1": kinds[0], "lb2": kinds[1], "pair": given.pair,
                                                        "outcomes": [o.figures() for o in outcomes],
                                                        "probe_late": late}, indent=1) + "\n", encoding="utf-8")
    return outcomes


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests/demo.sh", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--peer", choices=("regent", "keepalived"), default="regent", help="what runs on lb2")
    parser.add_argument("--both", choices=("regent", "keepalived"), help="what runs on both balancers")
    parser.add_argument("--pair", action="store_true", help="all faults with pair = true")
    parser.add_argument("--cluster", action="store_true", help="the real application and its faults")
    parser.add_argument("--json", metavar="FILE", help="the figures as JSON")
    given = parser.parse_args()
    if given.cluster and (given.both or given.pair or given.peer != "regent"):
        parser.error("--cluster is regent on both balancers: it goes with --json alone")
    return given


def what_is_lacking(given: argparse.Namespace) -> list[str]:
    """Sentences that say what keeps this demo from running here."""
    kinds = {given.both} if given.both else {"regent", given.peer}
    programs = ("ip", "bridge", "nft", "haproxy", "nsenter", "setpriv", *(("keepalived",) if "keepalived" in kinds else ()))
    lacking = what_is_missing(programs)
    if given.cluster and not lacking:
        lacking = what_application_lacks()
    if not lacking and "regent" in kinds:
        files = (*BUILT, *(cluster.BUILT if given.cluster else ()))
        lacking = [f"{build_directory() / file} was not built" for file in files if not (build_directory() / file).exists()]
    return lacking


def _ended(number: int, _: object) -> None:
    if number == signal.SIGALRM:
        raise LabError("the demo was not through in time")
    raise SystemExit(128 + number)


def main() -> int:
    """Exit code 0: every fault moved what it had to; 1: not; 2: something needed is missing."""
    given = arguments()
    lacking = what_is_lacking(given)
    if lacking:
        print("\n".join(f"demo: {sentence}" for sentence in lacking), file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, _ended)
    signal.alarm(cluster.HARD_LIMIT if given.cluster else HARD_LIMIT)
    screen = Screen()
    with Lab() as lab:
        try:
            if given.cluster:
                return cluster.demo(lab, screen, given.json)
            demo(given, screen, lab)
        except LabError as error:
            screen.close()
            print(f"demo: {error}\n\n{lab.report()}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
