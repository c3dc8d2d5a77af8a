"""Certificates of an authority of the test's own, made with the openssl command."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Authority:
    """`ca_file` is what clients are to trust."""

    folder: Path

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def server(self, name: str, *, days: int = 2) -> ssl.SSLContext:
        """For a server with a certificate for `name`, such as `IP:127.0.0.1`; expired when `days` is below 0."""
        stem = f"{name.replace(':', '-')}{days}"
        names, request, key, pem = (self.folder / f"{stem}.{end}" for end in ("cnf", "csr", "key", "pem"))
        names.write_text(f"subjectAltName={name}\n")
        _openssl("req", *_KEY, "-keyout", str(key), "-out", str(request), "-subj", "/CN=service")
        signed = ("-CA", str(self.ca_file), "-CAkey", str(self.folder / "ca.key"), "-CAcreateserial")
        _openssl(
            "x509", "-req", "-in", str(request), *signed, "-days", str(days), "-extfile", str(names), "-out", str(pem)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key)
        return context


def make_authority(folder: Path) -> Authority:
    """Skips the test where there is no openssl command."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not installed")
    folder.mkdir()
    out = ("-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.pem"))
    _openssl("req", "-x509", *_KEY, *out, "-days", "2", "-subj", "/CN=Authority of the test")
    return Authority(folder)


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
