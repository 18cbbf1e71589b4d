"""The table of a round of chaos."""

from chaos.result import Result
from chaos.table import line, table

HELD = Result(seed=1, kills=["booker before commit insert outbox"], states={"booked": 5, "withdrawn": 1}, faults=2)
MISSED = Result(seed=2, missed=["api after answer 201"], states={"booked": 6})
BAD = Result(seed=3, kills=["supervisor"], violations=["nothing waits for ever: b-1"], kept_in="var/chaos/local-3")


def test_kills_faults_bookings_and_violations_are_summed() -> None:
    text = table([HELD, MISSED, BAD], "make chaos SEED=")
    for said in (
        "seeds       3",
        "kills       2  (booker 1, supervisor 1)",
        "1 planned ones never came",
        "faults      2 ",
        "bookings    12  (booked 11, withdrawn 1)",
        "violations  1",
        "Seed 3, played again by: make chaos SEED=3",
        "Its logs are in var/chaos/local-3",
    ):
        assert said in text


def test_a_kill_that_never_came_is_told_and_not_counted() -> None:
    assert "killed nothing (never came: api after answer 201)" in line(MISSED)
    assert "kills       0" in table([MISSED], "")


def test_points_that_the_catalogue_lacks_are_told() -> None:
    assert "Points that" not in table([HELD], "")
    assert "  api commit insert news (2)" in table(
        [HELD.model_copy(update={"points": {"api\tcommit insert news": 2}})], ""
    )
