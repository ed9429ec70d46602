# SPDX-License-Identifier: Apache-2.0
"""regentctl as a script sees it: exit codes, which stream says what, and the documents it prints."""
import json
import os
import subprocess

import pytest

REGENTCTL = os.environ["REGENTCTL"]

GOOD = """[instance.VI_1]
interface = "eth0"
virtual_router_id = 51
priority = 100
version = 2
addresses = ["192.0.2.10"]
auth = { type = "pass", password = "geheim" }
"""


def run(*arguments, **options):
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus"}  # never the machine's own
    return subprocess.run([REGENTCTL, *arguments], capture_output=True, text=True, timeout=20, env=environment, **options)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.toml"
    path.write_text(GOOD)
    return str(path)


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(GOOD + "priorty = 3\n")
    return str(path)


def test_version_and_help():
    assert run("--version").stdout == f"regentctl {os.environ['REGENT_VERSION']}\n"
    text = run("--help")
    assert text.returncode == 0 and text.stderr == ""
    assert "  config check FILE " in text.stdout
    text = run("config", "convert", "--help")
    assert text.stdout.startswith("Usage: regentctl config convert FILE [--output FILE [--force]] [--config-id ID] [--json]\n")


@pytest.mark.parametrize("arguments", [[], ["status"], ["list"], ["show", "VI_1"], ["handover", "VI_1"], ["release", "VI_1"],
                                       ["maintenance", "on"], ["reload"], ["metrics"], ["watch"]])
def test_without_a_bus_it_says_so(arguments):
    """Exit code 6, one line."""
    done = run(*arguments)
    assert done.returncode == 6 and done.stdout == ""
    assert done.stderr.startswith("regentctl: there is no system bus") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [
    ["status", "--frobnicate"], ["list", "x"], ["show"], ["handover"], ["handover", "a", "b"], ["maintenance"],
    ["maintenance", "maybe"], ["watch", "--until", "x"], ["reload", "x"], ["metrics", "x"], ["frobnicate"], ["config"], ["config", "chek", "x"], ["--frobnicate"], ["config", "check"],
    ["config", "check", "a", "b"], ["config", "check", "a", "--jso"], ["config", "dump", "a", "--json"],
    ["config", "check", "--json=yes", "a"], ["--version", "x"], ["plugin"], ["plugin", "show"], ["plugin", "list", "x"],
    ["replay"], ["replay", "a", "b"], ["replay", "a", "--jso"], ["config", "convert"], ["config", "convert", "a", "b"], ["config", "convert", "a", "--force"],
    ["config", "convert", "a", "--output"], ["config", "check", "a", "--output", "b"],
    ["plugin", "show", "a", "b"], ["--plugin-dir"], ["--plugin-dir", "x"], ["plugin", "list", "--plugin-dir"],
])
def test_usage_errors_are_one_line_and_exit_2(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("regentctl: ") and done.stderr.count("\n") == 1


def test_check_of_a_good_file(good):
    done = run("config", "check", good)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{good}: ok, 1 instance, 0 groups, 0 checks\n"


def test_check_of_a_bad_file(bad):
    done = run("config", "check", bad)
    assert (done.returncode, done.stdout) == (7, "")
    assert f"{bad}:8:1: error: instance \"VI_1\": unknown key \"priorty\"" in done.stderr
    assert "did you mean \"priority\"?" in done.stderr
    assert "\x1b" not in done.stderr


def test_check_as_json(good, bad):
    done = run("config", "check", "--json", bad)
    assert (done.returncode, done.stderr) == (7, "")
    document = json.loads(done.stdout)
    assert document["schema"] == "regent.config-check.1"
    assert document["ok"] is False and document["file"] == bad
    assert document["diagnostics"][0]["line"] == 8
    done = run("config", "check", good, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["ok"] is True


def test_warnings_do_not_change_the_exit_code(tmp_path):
    path = tmp_path / "empty.toml"
    path.write_text("")
    done = run("config", "check", str(path))
    assert done.returncode == 0
    assert "warning: no instance is configured" in done.stderr


@pytest.mark.parametrize("path", ["/nonexistent/regent.toml", "/", "/dev/null"])
def test_a_file_that_cannot_be_read(path):
    done = run("config", "check", path)
    assert done.returncode == 7 and "error:" in done.stderr
    done = run("config", "dump", path)
    assert (done.returncode, done.stdout) == (7, "")


def test_dump_hides_secrets_unless_asked(good, tmp_path):
    hidden = run("config", "dump", good)
    assert (hidden.returncode, hidden.stderr) == (0, "")
    assert "geheim" not in hidden.stdout and 'password = "***"' in hidden.stdout
    shown = run("config", "dump", good, "--show-secrets").stdout
    assert 'password = "geheim"' in shown
    path = tmp_path / "dump.toml"
    path.write_text(shown)
    assert run("config", "dump", "--show-secrets", str(path)).stdout == shown
    path.write_text(hidden.stdout)
    assert run("config", "check", str(path)).returncode == 7


def test_a_full_disk_is_a_failure(good):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([REGENTCTL, "config", "dump", good], stdout=full, stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 1
    assert b"cannot write the output" in done.stderr


HEADER = ('{"schema":"regent.record.1","version":"0.0.1","node":"lb\\u001b1","boot_id":"b","wall":1700000000123456789,'
          '"at":1000000000}')
TIMER = '{"at":1000000000,"input":{"TimerFired":{}}}'


@pytest.mark.parametrize("lines, code, out, err", [
    ([HEADER, TIMER, '{"cause":"stopped"}'], 0, "1 inputs, 0 actions, as recorded; the agent stopped", ""),
    ([HEADER, TIMER, TIMER[:20]], 0, "1 inputs, 0 actions, as recorded; the file ends without an end: ", ""),
    ([HEADER, TIMER, '{"inputs":3}', "x"], 1, "1 inputs, 0 actions, as recorded up to there", "3 inputs are missing at line 3: "),
    ([HEADER, "x"], 1, "", ":2: not JSON: "),
    ([HEADER, TIMER, TIMER.replace("1000000000", "1")], 1, "", ":3: at: time goes back (recorded by regent 0.0.1, this is "),
    ([HEADER, TIMER.replace("}}", '}},"actions":1,"digest":"0000000000000000"')], 1, "",
     ":2: the actions differ: 1 are recorded, the engine wants 0 (recorded by regent 0.0.1, this is "),
    ([], 1, "", ":1: there is no header: the file is empty or was cut"),
])
def test_replay(tmp_path, lines, code, out, err):
    """What a recording is, or is not."""
    path = tmp_path / "record.jsonl"
    path.write_text("\n".join(lines) + ("\n" if lines and len(lines[-1]) != 20 else ""))
    done = run("replay", str(path))
    assert done.returncode == code and err in done.stderr and done.stderr.count("\n") == (1 if err else 0)
    if lines:
        assert done.stdout.startswith("lb?1: regent 0.0.1, recorded from 2023-11-14T22:13:20.123456Z\n")
    assert out in done.stdout
    document = json.loads(run("replay", str(path), "--json").stdout)
    assert document["schema"] == "regent.replay.1" and document["as_recorded"] == (code == 0) and err in document["problem"]


@pytest.mark.parametrize("path", ["/nonexistent/record.jsonl", "/"])
def test_replay_of_what_is_no_file(path):
    done = run("replay", path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"regentctl: cannot read {path}: ")


CONF = """vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type PASS
        auth_pass geheim
    }
    virtual_ipaddress {
        192.0.2.10
    }
    smtp_alert
@lb2 priority 50
}
"""


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "keepalived.conf"
    path.write_text(CONF)
    path.chmod(0o640)
    return path


def test_convert_to_stdout_passes_check(conf, tmp_path):
    done = run("config", "convert", str(conf), "--config-id", "lb2")
    assert done.returncode == 0
    assert f"{conf}:11:5: warning: \"smtp_alert\" is left out" in done.stderr
    assert done.stderr.endswith(f"{conf}: converted, 0 errors, 1 warning\n")
    assert "# keepalived.conf:11: smtp_alert: " in done.stdout and "priority          = 50" in done.stdout
    result = tmp_path / "regent.toml"
    result.write_text(done.stdout)
    assert run("config", "check", str(result)).returncode == 0
    assert "priority          = 100" in run("config", "convert", str(conf), "--config-id", "lb1").stdout


def test_convert_to_a_file_overwrites_only_by_force_and_opens_nothing_to_others(conf, tmp_path):
    result = tmp_path / "regent.toml"
    done = run("config", "convert", str(conf), "--output", str(result))
    assert (done.returncode, done.stdout) == (0, "")
    assert result.stat().st_mode & 0o777 == 0o640
    assert f"chgrp regent {result}" in done.stderr
    assert 'password = "geheim"' in result.read_text()
    result.write_text("mine")
    done = run("config", "convert", str(conf), f"--output={result}")
    assert done.returncode == 1 and result.read_text() == "mine"
    assert f"regentctl: cannot write {result}: File exists (--force overwrites it)" in done.stderr
    assert run("config", "convert", str(conf), "--output", str(result), "--force").returncode == 0
    assert result.read_text().startswith("# Made from keepalived.conf")
    done = run("config", "convert", str(conf), "--output", str(tmp_path / "no" / "folder"))
    assert done.returncode == 1 and "No such file or directory" in done.stderr


def test_convert_that_loses_something_exits_7_and_writes_what_it_has(conf, tmp_path):
    conf.write_text(CONF.replace("smtp_alert", "virtual_ipadress_excluded { 192.0.2.11 }"))
    result = tmp_path / "regent.toml"
    done = run("config", "convert", str(conf), "--output", str(result))
    assert done.returncode == 7
    assert "did you mean \"virtual_ipaddress_excluded\"?" in done.stderr
    assert "not whole, 1 error" in done.stderr
    assert "UNKNOWN" in result.read_text()


@pytest.mark.parametrize("text", [None, "vrrp_instance VI_1 {\n"])
def test_convert_of_what_cannot_be_read_writes_nothing(text, tmp_path):
    path, result = tmp_path / "keepalived.conf", tmp_path / "regent.toml"
    if text is not None:
        path.write_text(text)
    done = run("config", "convert", str(path), "--output", str(result))
    assert (done.returncode, done.stdout) == (7, "")
    assert "error:" in done.stderr and "not converted" in done.stderr
    assert not result.exists()


def test_convert_as_json(conf, tmp_path):
    document = json.loads(run("config", "convert", "--json", str(conf), "--config-id", "lb1").stdout)
    assert document["schema"] == "regent.config-convert.1" and document["ok"] is True
    assert [(found["line"], found["code"]) for found in document["diagnostics"]] == [(11, "unsupported")]
    assert document["toml"].startswith("# Made from")
    conf.chmod(0o644)
    done = run("config", "convert", "--json", str(conf), "--output", str(tmp_path / "regent.toml"))
    assert "toml" not in json.loads(done.stdout) and done.stderr == ""
