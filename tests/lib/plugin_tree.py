# SPDX-License-Identifier: Apache-2.0
"""Plugins as regentctl sees them, without one: the host is a script, a plugin a file with its description, and its
judgement of values beside it."""

import json

HOST = """#!/bin/sh
case $1 in
--describe) cat "$2" ;;
--validate) cat >/dev/null; cat "$2.judgement" ;;
esac
"""


def parameter(name, kind, **more):
    base = {"name": name, "type": kind, "summary": f"what {name} is for", "default": "", "required": False,
            "list": False, "secret": False, "deprecated": False, "min": 0, "max": 0, "choices": []}
    return base | more


def offer(kind, name, *parameters, pushes=False, needs=()):
    return {"kind": kind, "name": name, "summary": f"summary of {name}", "pushes": pushes, "needs": list(needs),
            "parameters": list(parameters)}


def make(folder):
    """Two plugins that work and one that does not, and a host beside them as in a build tree; for --plugin-dir."""
    plugins, programs = folder / "plugins", folder / "bin"
    plugins.mkdir()
    programs.mkdir()
    host = programs / "regent-plugin-host"
    host.write_text(HOST)
    host.chmod(0o755)

    def plugin(name, *types):
        document = {"id": f"org.example.{name}", "version": "1.2", "summary": "", "url": "", "license": "MIT",
                    "types": types}
        (plugins / f"{name}.so").write_text(json.dumps(document))
        (plugins / f"{name}.so.judgement").write_text("[null]")

    plugin("web", offer("check", "web", parameter("host", "string", required=True),
                        parameter("port", "port", default="80"),
                        parameter("grace", "duration", default='"0s"', max=60_000_000_000),
                        parameter("method", "choice", choices=["get", "head"]),
                        parameter("token", "string", secret=True), pushes=True, needs=["net_raw"]))
    command = parameter("command", "string", list=True, required=True, min=1, max=64)
    plugin("exec", offer("check", "exec", command), offer("notifier", "exec", command))
    (plugins / "broken.so").write_text("{")
    return plugins
