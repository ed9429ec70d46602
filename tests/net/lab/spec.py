# SPDX-License-Identifier: Apache-2.0
"""What a node is to do, said once, and written as regent's TOML or as keepalived's configuration."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Router:
    """One virtual router. Times in seconds."""

    name: str
    interface: str
    vrid: int
    priority: int
    addresses: tuple[str, ...]
    version: int = 2
    interval: float = 1.0
    excluded: tuple[str, ...] = ()
    preempt: bool = True
    password: str = ""
    unicast_source: str = ""
    unicast_peers: tuple[str, ...] = ()
    pair: bool = False
    garp_delay: float | None = None
    extra: tuple[str, ...] = ()  # more lines for regent's table of this instance

    @property
    def ipv6(self) -> bool:
        """The family is that of the first address."""
        return ":" in (self.addresses or self.excluded)[0]


@dataclass(frozen=True)
class Check:
    """What all virtual routers of a node depend on, in the words of each program."""

    name: str
    regent: tuple[str, ...]  # lines of [check.NAME]
    keepalived: tuple[str, ...] = ()  # lines of vrrp_script NAME; none: keepalived has no such thing


@dataclass(frozen=True)
class Notifier:
    """Who is told of every change."""

    name: str
    regent: tuple[str, ...]  # lines of [notifier.NAME]
    keepalived: str = ""  # the command of `notify`
    pipe: str = ""  # keepalived's `vrrp_notify_fifo`


@dataclass(frozen=True)
class Node:
    """All virtual routers of a node, its sync groups as (name, members), checks and notifiers."""

    routers: tuple[Router, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    checks: tuple[Check, ...] = ()
    notifiers: tuple[Notifier, ...] = ()
    told: tuple[Check, ...] = ()  # checks that are reported and move nothing; keepalived has no such thing

    def all(self, **changes: object) -> "Node":
        """The same node with fields of every router changed."""
        return replace(self, routers=tuple(replace(r, **changes) for r in self.routers))  # type: ignore[arg-type]

    def addresses(self) -> tuple[str, ...]:
        """Every virtual address, excluded ones too, without prefix lengths."""
        return tuple(a.split("/")[0] for r in self.routers for a in (*r.addresses, *r.excluded))


def duration(seconds: float) -> str:
    """A duration as regent writes it."""
    milliseconds = round(seconds * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def strings(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def regent_toml(node: Node) -> str:
    """The node as /etc/regent/regent.toml."""
    lines: list[str] = []
    for r in node.routers:
        lines += [f"[instance.{r.name}]", f'interface = "{r.interface}"', f"virtual_router_id = {r.vrid}",
                  f"priority = {r.priority}", f"version = {r.version}", f'advert_interval = "{duration(r.interval)}"',
                  f"addresses = {strings(r.addresses)}"]
        if r.excluded:
            lines.append(f"addresses_excluded = {strings(r.excluded)}")
        if not r.preempt:
            lines.append("preempt = false")
        if r.password:
            lines.append(f'auth = {{ type = "pass", password = "{r.password}" }}')
        if r.unicast_source:
            lines.append(f'unicast_source = "{r.unicast_source}"')
        if r.unicast_peers:
            lines.append(f"unicast_peers = {strings(r.unicast_peers)}")
            # One unicast peer implies a pair; the lab says it where it wants it.
            lines.append(f"pair = {'true' if r.pair else 'false'}")
        elif r.pair:
            lines.append("pair = true")
        if r.garp_delay is not None:
            lines.append(f'garp = {{ delay = "{duration(r.garp_delay)}" }}')
        lines += [*r.extra, ""]
        if node.checks:
            lines.insert(-1, f"track = {strings(tuple(check.name for check in node.checks))}")
    for name, members in node.groups:
        lines += [f"[group.{name}]", f"members = {strings(members)}", ""]
    for kind, named in (("check", (*node.checks, *node.told)), ("notifier", node.notifiers)):
        for one in named:
            lines += [f"[{kind}.{one.name}]", *one.regent, ""]
    return "\n".join(lines)


def _keepalived_router(r: Router, scripts: tuple[str, ...], notify: list[str]) -> list[str]:
    def block(name: str, values: tuple[str, ...]) -> list[str]:
        return [f"  {name} {{", *(f"    {value}" for value in values), "  }"] if values else []

    interval = str(int(r.interval)) if float(r.interval).is_integer() else f"{r.interval:g}"
    lines = [f"vrrp_instance {r.name} {{", "  state BACKUP", f"  interface {r.interface}",
             f"  virtual_router_id {r.vrid}", f"  priority {r.priority}", f"  version {r.version}",
             f"  advert_int {interval}"]
    if not r.preempt:
        lines.append("  nopreempt")
    if r.password:
        lines += ["  authentication {", "    auth_type PASS", f"    auth_pass {r.password}", "  }"]
    if r.unicast_source:
        lines.append(f"  unicast_src_ip {r.unicast_source}")
    if r.garp_delay is not None:
        lines.append(f"  garp_master_delay {int(r.garp_delay)}")
    lines += block("unicast_peer", r.unicast_peers)
    lines += block("virtual_ipaddress", r.addresses)
    lines += block("virtual_ipaddress_excluded", r.excluded)
    lines += block("track_script", scripts)
    return [*lines, *notify, "}", ""]


def keepalived_conf(node: Node) -> str:
    """The node as keepalived.conf. `pair` and `extra` have no word there and are left out."""
    checks = [check for check in node.checks if check.keepalived]
    notify = [f"  notify \"{notifier.keepalived}\"" for notifier in node.notifiers if notifier.keepalived]
    user = ["  script_user root"] if checks or notify else []
    pipes = [f"  vrrp_notify_fifo {notifier.pipe}" for notifier in node.notifiers if notifier.pipe]
    lines = ["global_defs {", "  router_id lab", *user, *pipes, "}", ""]
    for check in checks:
        lines += [f"vrrp_script {check.name} {{", *(f"  {line}" for line in check.keepalived), "}", ""]
    for r in node.routers:
        lines += _keepalived_router(r, tuple(check.name for check in checks), notify)
    for name, members in node.groups:
        lines += [f"vrrp_sync_group {name} {{", "  group {", *(f"    {m}" for m in members), "  }", *notify, "}", ""]
    return "\n".join(lines)
