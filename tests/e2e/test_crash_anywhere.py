"""A few seeds of chaos: processes die at their commits and sends, and every invariant holds all the same.

`make chaos` plays many more, and plays one of these again; docs/chaos.md says what is killed and what must hold.
"""

from pathlib import Path

import pytest
from chaos.plans import plan_of
from chaos.playing import Run
from support.whole_system import available

from autotennis_local.choices import Backing

# The booker between publishing and striking off; the web pages between a commit and its publication; and several of
# them, everything at once included. On the emulators the booker before a commit.
SEEDS = [(Backing.LOCAL, 68), (Backing.LOCAL, 120), (Backing.LOCAL, 136), (Backing.EMULATORS, 65)]


@pytest.mark.parametrize(("backing", "seed"), SEEDS, ids=[f"{backing.value}-{seed}" for backing, seed in SEEDS])
async def test_what_is_killed_anywhere_leaves_everything_as_it_should_be(
    backing: Backing, seed: int, tmp_path: Path
) -> None:
    result = await Run(plan_of(seed, backing.value), tmp_path, available(backing)).play()
    assert result.violations == []
    assert result.kills, "nothing was killed, so that this shows nothing: choose another seed"
