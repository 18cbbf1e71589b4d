"""What the supervisor tells of the programs that it runs."""

import sys
from pathlib import Path

from support.waiting import eventually

from autotennis.adapters.system import environment
from autotennis_local.supervision import Program, supervised


async def test_a_program_that_ends_by_itself_is_failing_and_no_other(tmp_path: Path) -> None:
    programs = (
        Program("stays", (sys.executable, "-c", "import time; time.sleep(600)")),
        Program("ends", (sys.executable, "-c", "raise SystemExit(3)")),
    )
    with supervised(programs, tmp_path, environment()) as supervisor:

        def ends_fail() -> bool:
            return (tmp_path / "log" / "ends.log").exists() and supervisor.failing() == {"ends"}

        await eventually(ends_fail, "the one that ends is failing", every_s=0.05)
        assert supervisor.pid("stays")


async def test_a_program_does_not_see_what_is_hidden_from_it(tmp_path: Path) -> None:
    tell = (sys.executable, "-c", "import os, time; print(sorted(os.environ), flush=True); time.sleep(600)")
    programs = (Program("all", tell), Program("less", tell, hidden=("SECRET_OF_ANOTHER", "NOT_THERE")))
    with supervised(programs, tmp_path, {**environment(), "SECRET_OF_ANOTHER": "s", "OF_ALL": "a"}):

        def said(program: str) -> str:
            log = tmp_path / "log" / f"{program}.log"
            return log.read_text() if log.exists() else ""

        await eventually(lambda: "OF_ALL" in said("all") and "OF_ALL" in said("less"), "both tell", every_s=0.05)
        assert "SECRET_OF_ANOTHER" in said("all")
        assert "SECRET_OF_ANOTHER" not in said("less")
