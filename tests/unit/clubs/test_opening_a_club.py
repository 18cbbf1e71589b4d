"""Which package reads which kind of club, and what a kind allows where the operator says nothing."""

import pytest
from support.clock import ManualClock

from autotennis.adapters.clubs.kind import ClubKind
from autotennis.adapters.clubs.ntnui.kind import SITES
from autotennis.adapters.clubs.registry import open_club
from autotennis.domain.club import NTNUI_TENNIS, RaceRules
from autotennis.errors import BadSettings

_ONE_AT_A_TIME = ClubKind(opens=SITES, race=RaceRules(shots=1, in_flight=1, repeats=False))


def test_a_club_knows_its_rules() -> None:
    assert open_club(NTNUI_TENNIS, "Autotennis/1", ManualClock()).rules == NTNUI_TENNIS


def test_a_kind_that_nobody_reads_is_a_wrong_setting() -> None:
    rules = NTNUI_TENNIS.model_copy(update={"kind": "matchi"})
    with pytest.raises(BadSettings, match=r"'ntnui-tennis' is of kind 'matchi'.*Known kinds: 'ntnui'"):
        open_club(rules, "Autotennis/1", ManualClock())


def test_the_operators_word_goes_before_what_a_kind_declares() -> None:
    rules = NTNUI_TENNIS.model_copy(update={"race": RaceRules(sign_ups=3)})
    declared = _ONE_AT_A_TIME.declared(rules).race
    assert (declared.sign_ups, declared.shots, declared.in_flight, declared.repeats) == (3, 1, 1, False)


def test_more_sign_ups_at_once_than_a_kind_bears_are_refused() -> None:
    rules = NTNUI_TENNIS.model_copy(update={"race": RaceRules(shots=4)})
    with pytest.raises(ValueError, match="shots and in_flight have to be 1"):
        _ONE_AT_A_TIME.declared(rules)
