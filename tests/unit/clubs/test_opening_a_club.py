"""Which client reads which club."""

import pytest
from support.clock import ManualClock

from autotennis.adapters.clubs.registry import open_club
from autotennis.domain.club import NTNUI_TENNIS
from autotennis.errors import BadSettings


def test_a_club_knows_its_rules() -> None:
    assert open_club(NTNUI_TENNIS, "Autotennis/1", ManualClock()).rules is NTNUI_TENNIS


def test_a_kind_that_nobody_reads_is_a_wrong_setting() -> None:
    rules = NTNUI_TENNIS.model_copy(update={"kind": "matchi"})
    with pytest.raises(BadSettings, match=r"'ntnui-tennis' is of kind 'matchi'.*Known kinds: 'ntnui'"):
        open_club(rules, "Autotennis/1", ManualClock())
