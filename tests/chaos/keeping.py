"""Keeps what tells how a failed seed went, and nothing secret: logs and plans, but no database and no keys."""

import shutil
from pathlib import Path
from typing import Final

_TOLD: Final = ("run.log", "kills.json", "points.log", "result.json")


def keep(directory: Path, there: Path) -> Path:
    """Copies it in place of what was kept there before; gives where that is."""
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir(parents=True)
    logs = directory / "data" / "log"
    for path in [directory / name for name in _TOLD] + sorted(logs.glob("*")):
        if path.is_file():
            shutil.copy(path, there / path.name)
    return there
