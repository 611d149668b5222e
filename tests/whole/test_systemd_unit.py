"""The systemd unit in packaging/ is one that systemd takes, with little that the service may do."""

import configparser
import getpass
import grp
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import bot

UNIT = Path(bot.__file__).parents[1] / "packaging" / "storydesk.service"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (Debian: apt install systemd)"
)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as it is, but for what is not on this machine: the program and its user."""
    program = tmp_path / "storydesk"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = UNIT.read_text(encoding="utf-8")
    text = text.replace("/opt/storydesk/.venv/bin/storydesk", str(program))
    text = re.sub(r"^User=.*$", f"User={getpass.getuser()}", text, flags=re.MULTILINE)
    text = re.sub(r"^Group=.*$", f"Group={grp.getgrgid(os.getgid()).gr_name}", text, flags=re.MULTILINE)
    text = re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE)
    copy = tmp_path / UNIT.name
    copy.write_text(text)
    return copy


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, encoding="utf-8", timeout=60, check=False
    )


@needs_systemd
def test_systemd_takes_the_unit(unit: Path) -> None:
    done = analyze("verify", "--man=no", unit)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
    assert complaints == []
    assert done.returncode == 0, done.stderr


@needs_systemd
def test_a_unit_with_a_mistake_is_not_taken(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("[Service]", "[Service]\nProtectSistem=strict"))
    assert "ProtectSistem" in analyze("verify", "--man=no", unit).stderr


@needs_systemd
def test_the_service_may_do_little(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=20", unit)
    assert done.returncode == 0, done.stdout[-2_000:]


def test_a_wrong_setting_is_not_tried_again_and_a_stop_gets_its_time() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    service = parser["Service"]
    assert service["RestartPreventExitStatus"] == "2"
    assert service["TimeoutStopSec"] == "15s"
    assert (service["Type"], service["WatchdogSec"]) == ("notify", "5min")
    assert int(service["LimitNOFILE"]) >= 65_536
    assert "DISCORD_TOKEN" not in UNIT.read_text(encoding="utf-8").replace("# DISCORD_TOKEN and", "")
