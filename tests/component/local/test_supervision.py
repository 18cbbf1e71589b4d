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
