# SPDX-License-Identifier: Apache-2.0
"""Debian's sample configurations of keepalived through `regentctl config convert`, with the real plugins.

docs/migration.md has a row for each file: it must say what really becomes of it. The samples are keepalived's; they are
read where its package has put them.
"""
import json
import os
import pathlib
import subprocess
import tomllib

import pytest

REGENTCTL, PLUGINS = os.environ["REGENTCTL"], os.environ["REGENT_PLUGINS"]
SAMPLES = pathlib.Path("/usr/share/doc/keepalived/samples")
PREFIX = "keepalived.conf."
TABLE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "migration.md"
HEADER = "| file | exit | instances |"


def samples():
    """Names without the prefix, each with the options it needs."""
    names = sorted(path.name.removeprefix(PREFIX) for path in SAMPLES.glob(PREFIX + "*"))
    return [(name, option) for name in names
            for option in (("--config-id high", "--config-id low") if name == "conditional_conf" else ("",))]


def regentctl(*arguments):
    return subprocess.run([REGENTCTL, "--plugin-dir", PLUGINS, *arguments], capture_output=True, text=True, timeout=60)


def convert(name, option):
    done = regentctl("config", "convert", str(SAMPLES / (PREFIX + name)), "--json", *option.split())
    assert done.returncode in (0, 7) and done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def documented():
    """The rows of the table, by the text of their first cell."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(HEADER)) + 2
    rows = {}
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[cells[0].strip("`")] = cells[1:]
    return rows


def row(code, document):
    """What the table has to say."""
    result = tomllib.loads(document["toml"])
    instances = result.get("instance", {}).values()
    numbers = [len(instances), sum(len(one["addresses"]) + len(one.get("addresses_excluded", [])) for one in instances),
               sum(len(one.get("routes", [])) for one in instances),
               *(len(result.get(kind, {})) for kind in ("group", "check", "notifier"))]
    keys = dict.fromkeys(found["key"] for found in document["diagnostics"])
    return [str(code), *(str(number) if number else "–" for number in numbers),
            ", ".join(f"`{key}`" for key in keys) or "–"]


needs_samples = pytest.mark.skipif(not samples(), reason=f"NOTHING WAS TESTED: no samples in {SAMPLES} (package keepalived)")


@needs_samples
@pytest.mark.parametrize("name,option", samples())
def test_what_becomes_of_a_sample_is_documented(name, option):
    code, document = convert(name, option)
    assert documented()[f"{name} {option}".strip()] == row(code, document)
    assert document["ok"] is (code == 0)


@needs_samples
@pytest.mark.parametrize("name,option", samples())
def test_what_comes_out_passes_config_check(name, option, tmp_path):
    code, document = convert(name, option)
    file = tmp_path / "regent.toml"
    file.write_text(document["toml"], encoding="utf-8")
    done = regentctl("config", "check", str(file))
    if code == 0:
        assert done.returncode == 0, done.stderr


@needs_samples
def test_every_sample_has_its_row_and_no_row_is_left_over():
    assert list(documented()) == [f"{name} {option}".strip() for name, option in samples()]


@needs_samples
@pytest.mark.parametrize("name,option", samples())
def test_each_diagnostic_has_a_line_and_each_loss_a_comment(name, option):
    _, document = convert(name, option)
    for found in document["diagnostics"]:
        assert found["line"] > 0 or found["code"] == "no_instance"
        if found["code"] in ("unsupported", "lost", "unknown_key"):
            assert f"{PREFIX}{name}:{found['line']}: " in document["toml"], found
