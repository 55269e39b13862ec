import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from erp.embedded import door
from erp.embedded.paths import ROOT


def _run(var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "erp.embedded", "run"],
        cwd=ROOT,
        env={**os.environ, "ERP_VAR_DIR": str(var), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ran = _run(tmp_path, PORT=str(port))

    assert ran.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in ran.stdout
    assert f"PORT={port + 1} make run" in ran.stdout
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    ran = _run(tmp_path, PORT=port)

    assert ran.returncode == 1
    assert f"not '{port}'" in ran.stdout


def test_a_second_start_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    held = door.lock(tmp_path)
    assert held is not None
    ran = _run(tmp_path)
    os.close(held)

    assert ran.returncode == 1
    assert "is using its database" in ran.stdout
