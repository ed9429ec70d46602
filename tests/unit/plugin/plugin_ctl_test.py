# SPDX-License-Identifier: Apache-2.0
"""regentctl and plugins, as a script sees them."""
import json
import os
import subprocess

import plugin_tree
import pytest

REGENTCTL = os.environ["REGENTCTL"]

@pytest.fixture
def tree(tmp_path):
    return plugin_tree.make(tmp_path)


def run(*arguments):
    return subprocess.run([REGENTCTL, *map(str, arguments)], capture_output=True, text=True, timeout=20)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "regent.toml"

    def write(text):
        path.write_text(text)
        return path

    return write


GOOD = """[check.web]
type = "web"
host = "lb1"
token = "geheim"
[notifier.log]
type = "exec"
command = ["/bin/true"]
"""


def test_list(tree):
    done = run("plugin", "list", "--plugin-dir", tree)
    assert done.returncode == 0
    assert done.stdout == ("check     exec  org.example.exec 1.2  summary of exec\n"
                           "check     web   org.example.web 1.2   summary of web\n"
                           "notifier  exec  org.example.exec 1.2  summary of exec\n")
    assert done.stderr == f"regentctl: {tree}/broken.so cannot be used: the description is not JSON\n"


def test_list_as_json(tree):
    done = run("--plugin-dir", tree, "plugin", "list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["schema"] == "regent.plugin-list.1"
    assert [plugin["id"] for plugin in document["plugins"]] == ["org.example.exec", "org.example.web"]
    assert document["plugins"][1]["types"][0]["parameters"][2]["max"] == 60_000_000_000
    assert document["problems"] == [{"file": f"{tree}/broken.so", "text": "the description is not JSON"}]


def test_show(tree):
    done = run(f"--plugin-dir={tree}", "plugin", "show", "web")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"""check web: summary of web
  plugin   org.example.web 1.2
  file     {tree}/web.so
  license  MIT
  reports  when asked, and by itself
  needs    CAP_NET_RAW

Parameters:
  host (string; required)
      what host is for
  port (port; default 80)
      what port is for
  grace (duration; default "0s"; 0s to 1m)
      what grace is for
  method (choice; one of: get, head)
      what method is for
  token (string; secret)
      what token is for
"""


def test_show_of_both_kinds(tree):
    done = run("plugin", "show", "exec", "--plugin-dir", tree)
    assert done.stdout.count("command (list of string; required; 1 to 64 entries)") == 2
    assert done.stdout.startswith("check exec: ") and "\n\nnotifier exec: " in done.stdout
    document = json.loads(run("plugin", "show", "--json", "exec", "--plugin-dir", tree).stdout)
    assert document["schema"] == "regent.plugin-show.1"
    assert [each["kind"] for each in document["types"]] == ["check", "notifier"]
    assert document["types"][0]["plugin"] == {"file": f"{tree}/exec.so", "id": "org.example.exec", "version": "1.2",
                                              "summary": "", "url": "", "license": "MIT"}


def test_show_of_what_is_not_there(tree, tmp_path):
    done = run("plugin", "show", "mail", "--plugin-dir", tree)
    assert (done.returncode, done.stdout) == (4, "")
    assert 'no installed plugin offers the type "mail"' in done.stderr
    assert "broken.so cannot be used" in done.stderr
    done = run("plugin", "show", "web", "--plugin-dir", tmp_path / "none")
    assert done.returncode == 4 and "No such file or directory" in done.stderr


def test_check_of_a_good_file(tree, file):
    (tree / "broken.so").unlink()
    path = file(GOOD)
    done = run("config", "check", path, "--plugin-dir", tree)
    assert done.returncode == 0
    assert done.stdout == f"{path}: ok, 0 instances, 0 groups, 1 check, 1 notifier\n"
    assert "error" not in done.stderr and "cannot be used" not in done.stderr


def test_a_wrong_parameter_is_told_with_line_column_and_hint(tree, file):
    path = file(GOOD + '[check.b]\ntype = "web"\nhost = 5\nprot = 80\nmethod = "gett"\ngrace = "2m"\n')
    done = run("config", "check", path, "--plugin-dir", tree)
    assert done.returncode == 7
    for words in [f'{path}:10:8: error: check "b": host must be a string, not an integer',
                  f'{path}:11:1: error: check "b": unknown key "prot"', 'did you mean "port"?',
                  f'{path}:12:10: error: check "b": method cannot be "gett"', 'did you mean "get"?',
                  f'{path}:13:9: error: check "b": grace must be 0s to 1m, not 2m',
                  f'warning: plugin "{tree}/broken.so" cannot be used: the description is not JSON']:
        assert words in done.stderr
    assert "geheim" not in done.stderr


def test_what_the_plugin_itself_objects_to(tree, file):
    (tree / "web.so.judgement").write_text('[{"parameter": 0, "text": "lb1 is no host"}]')
    path = file(GOOD)
    done = run("config", "check", path, "--plugin-dir", tree)
    assert done.returncode == 7
    assert f'{path}:3:8: error: check "web": host: lb1 is no host' in done.stderr
    (tree / "web.so.judgement").write_text('[{"parameter": 1, "text": "not with this host"}]')
    assert f'{path}:1:8: error: check "web": port: not with this host' in run(
        "config", "check", path, "--plugin-dir", tree).stderr


def test_a_plugin_that_does_not_judge_is_a_warning(tree, file):
    (tree / "web.so.judgement").unlink()
    done = run("config", "check", file(GOOD), "--plugin-dir", tree)
    assert done.returncode == 0
    assert f'warning: plugin "{tree}/web.so" did not judge its values: ' in done.stderr


def test_dump_has_every_parameter_and_no_secret(tree, file):
    path = file(GOOD)
    done = run("config", "dump", path, "--plugin-dir", tree)
    assert done.returncode == 0
    for line in ['port              = 80', 'grace             = "0s"', 'token             = "***"', "[notifier.log]",
                 'events            = ["master", "backup", "fault", "stop", "deleted"]']:
        assert line in done.stdout.splitlines()
    shown = run("config", "dump", path, "--plugin-dir", tree, "--show-secrets").stdout
    assert "geheim" in shown
    assert run("config", "dump", file(shown), "--plugin-dir", tree, "--show-secrets").stdout == shown


def test_a_file_without_a_check_asks_no_plugin(tree, file):
    done = run("config", "check", file("[agent]\n"), "--plugin-dir", tree)
    assert done.returncode == 0 and "broken" not in done.stderr
    done = run("config", "check", file(GOOD), "--plugin-dir", tree, "--plugin-host", "/nonexistent/host")
    assert done.returncode == 7 and "cannot start /nonexistent/host" in done.stderr
