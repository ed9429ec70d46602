# SPDX-License-Identifier: Apache-2.0
"""Certificates made with openssl(1), of any age."""

from __future__ import annotations

import pathlib
import time
from dataclasses import dataclass

from .netns import run

_CONFIGURATION = """[ca]
default_ca = own
[own]
database = {d}/index
serial = {d}/serial
new_certs_dir = {d}
certificate = {d}/ca.pem
private_key = {d}/ca.key
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
DAY = 86400


@dataclass(frozen=True)
class Pair:
    """The two files of a certificate; `both` has them in one, as HAProxy wants it."""

    certificate: pathlib.Path
    key: pathlib.Path
    both: pathlib.Path


class Authority:
    """Signs for the length of a test."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.certificate = directory / "ca.pem"
        self._file = directory / "ca.cnf"
        self._file.write_text(_CONFIGURATION.format(d=directory), encoding="ascii")
        (directory / "index").touch()
        (directory / "serial").write_text("01\n", encoding="ascii")
        run(["openssl", "req", "-x509", *_KEY, "-keyout", str(directory / "ca.key"), "-out", str(self.certificate), "-days", "2",
             "-subj", "/CN=lab authority"])

    def sign(self, name: str, *names: str, begins: float = -DAY, ends: float = DAY) -> Pair:
        """A certificate for `names`, such as "IP:192.0.2.1"; `begins` and `ends` in seconds from now."""
        d = self.directory
        pair = Pair(d / f"{name}.pem", d / f"{name}.key", d / f"{name}.both")
        extensions = ["-addext", "subjectAltName=" + ",".join(names)] if names else []
        run(["openssl", "req", "-new", *_KEY, "-keyout", str(pair.key), "-out", str(d / f"{name}.csr"), "-subj", f"/CN={name}",
             *extensions])
        run(["openssl", "ca", "-batch", "-notext", "-config", str(self._file), "-in", str(d / f"{name}.csr"), "-out",
             str(pair.certificate), "-startdate", _date(begins), "-enddate", _date(ends)])
        pair.both.write_bytes(pair.certificate.read_bytes() + pair.key.read_bytes())
        return pair


def _date(from_now: float) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + from_now))
