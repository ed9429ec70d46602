# SPDX-License-Identifier: Apache-2.0
"""The life of an installation, in order: install, serve, reload, crash, stop, refuse, purge. One machine for all."""

import contextlib
import subprocess

import lab
import pytest
import tree

VIP = "192.0.2.100/32"
MORE = "192.0.2.101/32"
CONFIG = """
[instance.VI_1]
interface         = "eth0"
virtual_router_id = 51
priority          = 200
addresses         = [{addresses}]
"""
# With the usual interval: an address outlives its agent by three of them, and systemd takes its time beside a compiler.
PLUGINS = """
[check.docker]
type      = "docker"
container = "none"

[check.exec]
type    = "exec"
command = ["/bin/true"]

[check.haproxy]
type         = "haproxy"
pidfile      = "/run/none.pid"
stats_socket = "/run/none.sock"

[check.http]
type = "http"
url  = "http://192.0.2.11:9/"

[check.ping]
type    = "ping"
targets = ["192.0.2.11"]

[check.process]
type = "process"
name = "dbus-daemon"

[check.rmi]
type = "rmi"
host = "192.0.2.11"
port = 9

[check.tcp]
type = "tcp"
host = "192.0.2.11"
port = 9

[notifier.exec]
type    = "exec"
command = ["/bin/sh", "-c", "cat >/run/regent/event"]

[notifier.fifo]
type = "fifo"
path = "/run/regent/fifo"
"""
VERDICTS = {
    **dict.fromkeys(["exec", "ping", "process"], "up"),
    **dict.fromkeys(["haproxy", "http", "rmi", "tcp"], "down"),
    "docker": "unknown",
}
BROKEN = CONFIG.replace("priority ", "prioritt")


def write(machine, text, *addresses):
    quoted = ", ".join(f'"{address}"' for address in addresses)
    (machine.root / "etc/regent/regent.toml").write_text(text.replace("{addresses}", quoted))


def state(machine, name):
    return machine.says(f"systemctl show --value -p {name} regent.service")


def wait_status(machine, words):
    lab.wait_until(lambda: words in state(machine, "StatusText").lower(), 10, f"STATUS with '{words}'")


def wait_addresses(machine, *wanted):
    lab.wait_until(lambda: {*wanted} <= machine.addresses(), 10, f"{wanted} on eth0")


@contextlib.contextmanager
def no_address_goes(machine):
    """Fails when the kernel takes or loses an address of eth0 meanwhile."""
    command = ["ip", "-n", machine.name, "-o", "monitor", "address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as monitor:
        try:
            yield
        finally:
            monitor.terminate()
        gone = [line for line in monitor.stdout if line.startswith("Deleted")]
    assert not gone, gone


@pytest.fixture
def journal(machine):
    """Reads what the unit has logged since the test began."""
    cursor = machine.says("journalctl -n 0 --show-cursor | sed -n 's/^-- cursor: //p'")
    # What was logged before is in the file once --sync has been answered.
    return lambda: machine.says("journalctl --sync && "
                                f"journalctl --no-pager -o cat -u regent.service --after-cursor='{cursor}'")


def keepalived_unit(machine):
    """A unit that runs under keepalived's name, enabled: what an installation finds on a pair that is to be moved."""
    unit = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
    (machine.root / "etc/systemd/system/keepalived.service").write_text(unit)
    machine.shell("systemctl daemon-reload && systemctl enable --now keepalived.service")


def remove_keepalived_unit(machine):
    machine.shell("systemctl disable --now keepalived.service && rm /etc/systemd/system/keepalived.service")


def test_install_leaves_keepalived_alone(machine, package):
    """The unit's Conflicts= stops keepalived: an installation, which the conversion of its file needs, must not."""
    (machine.root / "root/regent.deb").write_bytes(package.read_bytes())
    keepalived_unit(machine)
    said = machine.shell("dpkg -i /root/regent.deb 2>&1", seconds=60).stdout
    assert machine.does("systemctl is-active keepalived.service")
    assert not machine.does("systemctl is-active regent.service")
    # Both enabled, one of them would be left out of the next start of the machine.
    assert machine.says("systemctl is-enabled regent.service || true") == "disabled"
    assert "systemctl disable --now keepalived && systemctl enable --now regent" in said
    machine.shell("systemctl disable --now keepalived && systemctl enable --now regent")
    wait_status(machine, "no instance is configured")
    # And back, as somebody in a hurry does it: the next upgrade must not undo it.
    machine.shell("systemctl start keepalived && dpkg -i /root/regent.deb", seconds=60)
    assert machine.does("systemctl is-active keepalived.service")
    assert not machine.does("systemctl is-active regent.service")
    remove_keepalived_unit(machine)
    machine.shell("dpkg --purge regent", seconds=60)


def test_install_starts_an_agent_without_instances(machine):
    machine.shell("dpkg -i /root/regent.deb", seconds=60)
    assert machine.does("systemctl is-enabled regent.service")
    assert state(machine, "ActiveState") == "active"
    wait_status(machine, "no instance is configured")
    assert machine.does("systemd-analyze verify --man=no regent.service")


def test_runs_as_its_own_user_with_two_capabilities(machine):
    pid = state(machine, "MainPID")
    assert machine.says(f"ps -o user= -p {pid}") == "regent"
    effective = int(machine.says(f"sed -n 's/^CapEff:\\s*//p' /proc/{pid}/status"), 16)
    assert effective == 1 << 12 | 1 << 13, "CAP_NET_ADMIN and CAP_NET_RAW"
    assert machine.says("stat -c '%a %U %G' /etc/regent") == "750 root regent"


def test_reload_brings_an_instance(machine):
    pid = state(machine, "MainPID")
    write(machine, CONFIG, VIP)
    machine.shell("systemctl reload regent.service")
    wait_addresses(machine, VIP)
    wait_status(machine, "vi_1 master")
    assert "VI_1" in machine.says("systemctl status --no-pager regent.service")
    assert state(machine, "MainPID") == pid


def test_every_plugin_runs_in_the_sandbox_of_the_unit(machine):
    write(machine, CONFIG + PLUGINS, VIP)
    machine.shell("systemctl reload regent.service")
    verdicts = "\n".join(f"{check} {state}" for check, state in sorted(VERDICTS.items()))
    lab.wait_until(lambda: machine.says("regentctl list checks | sort") == verdicts, 10, verdicts)
    machine.shell("regentctl notifier test exec && test -s /run/regent/event")
    machine.shell("timeout 10 cat /run/regent/fifo >/dev/null 2>&1 &")
    lab.wait_until(lambda: machine.does("regentctl notifier test fifo"), 10, "somebody reads the pipe")
    write(machine, CONFIG, VIP)
    machine.shell("systemctl reload regent.service")


def test_is_on_the_bus(machine):
    """With the policy of the package, as the user of the unit: everybody reads, root alone acts."""
    nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    read = f"{nobody} busctl get-property org.regent1 /org/regent1 org.regent1.Manager State"
    lab.wait_until(lambda: machine.does(read), 10, "org.regent1 on the system bus")
    assert machine.says(read) == 's "master"'
    screen = machine.says("regentctl")
    assert "● VI_1" in screen and "MASTER" in screen and "192.0.2.100" in screen
    assert not machine.does(f"{nobody} regentctl maintenance on")
    machine.shell("regentctl reload")
    assert machine.says("regentctl list") == "VI_1 master"


def test_polkit_lets_a_group_act(machine):
    """The rule of the manual, on a machine as it is: polkit is started by who asks it, and the agent is not root."""
    manual = (tree.ROOT / "docs/man/org.regent1.5.scd").read_text().split("# WHO MAY ACT")[1].split("\n# ")[0]
    rule = "\n".join(line.removesuffix("++") for line in manual.splitlines() if line.startswith("\t"))
    (machine.root / "etc/polkit-1/rules.d/50-regent.rules").write_text(rule)
    machine.shell("groupadd operators && useradd --groups operators member && useradd guest")

    def says(user, *words):
        return machine.shell(f"setpriv --reuid={user} --regid={user} --init-groups regentctl {' '.join(words)}", check=False).stderr

    # Nobody is there to take over: it has been tried.
    assert "no other master was heard" in says("member", "handover", "VI_1")
    assert "polkit rule for org.regent1.handover" in says("guest", "handover", "VI_1")
    assert "polkit rule for org.regent1.maintenance" in says("member", "maintenance", "on")
    assert "VI_1" in machine.says("setpriv --reuid=guest --regid=guest --init-groups regentctl list")


def test_reload_of_a_broken_file_changes_nothing(machine, journal):
    before = state(machine, "MainPID"), state(machine, "StatusText"), machine.addresses()
    write(machine, BROKEN, VIP, MORE)
    assert not machine.does("systemctl reload regent.service")
    assert (state(machine, "MainPID"), state(machine, "StatusText"), machine.addresses()) == before
    assert "regent.toml:5:1: error: " in journal()


def test_signal_with_a_broken_file_changes_nothing(machine, journal):
    """As above, past the check of the unit: the agent itself must refuse it."""
    before = state(machine, "MainPID"), machine.addresses()
    machine.shell("systemctl kill --signal=HUP --kill-whom=main regent.service")
    lab.wait_until(lambda: "regent.toml:5:1: error: " in journal(), 10, "the error in the journal")
    assert (state(machine, "MainPID"), machine.addresses()) == before
    wait_status(machine, "vi_1 master")


def test_reload_of_a_good_file_adds_an_address(machine):
    pid = state(machine, "MainPID")
    write(machine, CONFIG, VIP, MORE)
    machine.shell("systemctl reload regent.service")
    wait_addresses(machine, VIP, MORE)
    assert state(machine, "MainPID") == pid


def test_an_edited_file_is_told(machine):
    first_line = "regentctl status | head -n 1"
    lab.wait_until(lambda: "edited since" not in machine.says(first_line), 5, "the file as it is is known to be applied")
    write(machine, CONFIG + "# more\n", VIP, MORE)
    assert "edited since" in machine.says(first_line)
    write(machine, CONFIG, VIP, MORE)
    assert "edited since" not in machine.says(first_line)


def test_killed_agent_goes_on_as_master(machine, journal):
    pid = state(machine, "MainPID")
    with no_address_goes(machine):
        machine.shell("systemctl kill --signal=KILL --kill-whom=main regent.service")
        lab.wait_until(lambda: state(machine, "MainPID") not in {pid, "0"}, 10, "another process")
        wait_status(machine, "resumed")
    wait_addresses(machine, VIP, MORE)
    assert "Entering MASTER STATE: resumed" in journal()


def test_hung_agent_is_replaced(machine):
    pid = state(machine, "MainPID")
    machine.shell("systemctl kill --signal=STOP --kill-whom=main regent.service")
    lab.wait_until(lambda: state(machine, "MainPID") not in {pid, "0"}, 15, "another process")
    wait_status(machine, "vi_1 master")
    wait_addresses(machine, VIP, MORE)


def test_stop_takes_the_addresses_off(machine):
    machine.shell("systemctl stop regent.service")
    assert state(machine, "Result") == "success"
    assert not {VIP, MORE} & machine.addresses()
    assert not machine.does("test -e /run/regent")


def test_bad_configuration_is_not_tried_again(machine, journal):
    write(machine, BROKEN, VIP)
    assert not machine.does("systemctl start regent.service")
    assert state(machine, "ExecMainStatus") == "7"
    assert state(machine, "ActiveState") == "failed"
    assert "regent.toml:5:1: error: " in journal()


def test_missing_permission_is_not_tried_again(machine, journal):
    write(machine, CONFIG, VIP)
    drop_in = "/run/systemd/system/regent.service.d"
    machine.shell(f"mkdir {drop_in}")
    machine.shell(f"printf '[Service]\\nAmbientCapabilities=\\nCapabilityBoundingSet=\\n' >{drop_in}/none.conf")
    machine.shell("systemctl daemon-reload")
    assert not machine.does("systemctl start regent.service")
    assert state(machine, "ExecMainStatus") == "5"
    assert "CAP_NET_RAW" in journal()
    machine.shell(f"rm -r {drop_in} && systemctl daemon-reload")


def test_upgrade_keeps_configuration_and_addresses(machine):
    machine.shell("systemctl start regent.service")
    wait_addresses(machine, VIP)
    wait_status(machine, "vi_1 master")
    pid = state(machine, "MainPID")
    with no_address_goes(machine):
        machine.shell("dpkg --force-confold -i /root/regent.deb", seconds=60)
        lab.wait_until(lambda: state(machine, "MainPID") not in {pid, "0"}, 10, "another process")
        wait_status(machine, "resumed")
    assert VIP in machine.addresses()


def test_upgrade_of_a_library_moves_nothing(machine):
    """apt calls needrestart then, which restarts what still runs with the old file."""
    pid = state(machine, "MainPID")
    machine.shell("library=$(ldd /usr/sbin/regentd | sed -n 's/.*libfmt.* => \\(.*\\) (.*/\\1/p' | xargs readlink -f)"
                  " && cp $library $library.new && mv $library.new $library")
    with no_address_goes(machine):
        machine.shell("DEBIAN_FRONTEND=noninteractive needrestart -l -r a", seconds=60)
        lab.wait_until(lambda: state(machine, "MainPID") not in {pid, "0"}, 10, "another process")
        wait_status(machine, "resumed")
    assert VIP in machine.addresses()


def test_upgrade_with_a_broken_file_leaves_the_agent_alone(machine):
    """It would leave for one that does not start."""
    write(machine, BROKEN, VIP)
    pid = state(machine, "MainPID")
    with no_address_goes(machine):
        said = machine.shell("dpkg --force-confold -i /root/regent.deb 2>&1", seconds=60).stdout
        assert "regent.toml:5:1: error: " in said
        assert "/usr/libexec/regent/restart-in-place" in said
    assert state(machine, "MainPID") == pid
    assert VIP in machine.addresses()


def test_purge_leaves_nothing(machine):
    machine.shell("dpkg --purge regent", seconds=60)
    assert VIP not in machine.addresses()
    assert not machine.does("pgrep -x regentd")
    for path in ("/etc/regent", "/run/regent", "/lib/systemd/system/regent.service", "/usr/sbin/regentd"):
        assert not machine.does(f"test -e {path}"), path
    assert not machine.says("find /etc/systemd /var/lib/systemd -name 'regent*'")
    # The user stays (debian/regent.postrm says why).
    assert machine.does("getent passwd regent")
