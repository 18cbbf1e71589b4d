"""Whether a Raspberry Pi finds every package that one machine needs ready-made."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("version", ["3.11", "3.13"])
def test_every_package_of_the_lock_has_a_wheel_for_64_bit_arm(tmp_path: Path, version: str) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    machine = ("--python-platform", "aarch64-unknown-linux-gnu", "--python-version", version)
    lock = ("--only-binary", ":all:", "--require-hashes", "-r", str(ROOT / "requirements" / "autotennis-local.txt"))
    command = [uv, "pip", "install", "--dry-run", "--target", str(tmp_path), "--python", sys.executable]
    done = subprocess.run(  # noqa: S603 (uv of our own environment)
        [*command, *machine, *lock], capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert "aiohttp==" in done.stderr
