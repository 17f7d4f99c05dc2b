"""The examples in docs/deployment are right by the programs that read them, where those are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from firmtrack.api.submissions import BATCH_LIMIT_BYTES
from firmtrack.cli import serving
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.listening import _OTHER_FILES

DEPLOYMENT = Path(__file__).parents[2] / "docs/deployment"
UNITS = sorted(DEPLOYMENT.glob("*.service"))
PROGRAM = "/opt/firmtrack/bin/firmtrack"


def text_of(name: str) -> str:
    return (DEPLOYMENT / name).read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    there = shutil.which("true")
    assert there is not None
    copy.write_text(unit.read_text(encoding="utf-8").replace(PROGRAM, there))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert [line for line in done.stderr.splitlines() if str(tmp_path) in line] == []
    assert done.returncode == 0, done.stderr


def test_units_run_commands_that_there_are_and_wait_as_long_as_those_need() -> None:
    commands = {
        "firmtrack-dispatch.service": "dispatch",
        "firmtrack-prune.service": "prune",
        "firmtrack-worker.service": "worker",
        "firmtrack.service": "serve",
    }
    assert [each.name for each in UNITS] == list(commands)
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        assert f"ExecStart={PROGRAM} {commands[unit.name]}" in text
        if "Type=oneshot" in text:
            continue  # it ends by itself
        stop = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
        assert stop is not None
        assert int(stop[1]) > serving._PATIENCE_SECONDS
    files = re.search(r"^LimitNOFILE=(\d+)$", text_of("firmtrack.service"), re.MULTILINE)
    assert files is not None
    assert int(files[1]) >= 2 * Limits().connections + _OTHER_FILES


def test_proxies_pass_on_all_that_may_be_sent_and_wait_as_long_as_it_takes() -> None:
    for name, pattern in (
        ("nginx.conf", r"client_max_body_size\s+(\d+)m;"),
        ("Caddyfile", r"max_size (\d+)MiB"),
    ):
        allowed = re.search(pattern, text_of(name))
        assert allowed is not None
        assert int(allowed[1]) * 1024 * 1024 >= BATCH_LIMIT_BYTES
    for name in ("nginx.conf", "Caddyfile"):
        waits = [int(each) for each in re.findall(r"(\d+)s\b", text_of(name))]
        assert max(waits) > Limits().wait_seconds + serving._PATIENCE_SECONDS


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_proxies_keep_from_the_internet_what_is_for_those_who_watch(name: str) -> None:
    text = text_of(name)

    assert "/metrics" in text
    assert "404" in text
    assert "X-Forwarded-For" in text or "sets X-Forwarded-Proto and -For itself" in text


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx here")
def test_nginx_finds_nothing_wrong_with_its_example(tmp_path: Path) -> None:
    text = text_of("nginx.conf")
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem",
         "-days", "2", "-subj", "/CN=firmtrack.example"],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("there is no openssl here")
    (tmp_path / "firmtrack.conf").write_text(text.replace("/etc/ssl/firmtrack", str(tmp_path)))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}"
        f" http {{ access_log off; include {tmp_path}/firmtrack.conf; }}"
    )

    done = subprocess.run(
        ["nginx", "-t", "-c", tmp_path / "nginx.conf", "-p", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "syntax is ok" in done.stderr, done.stderr
