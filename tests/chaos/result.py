"""How a seed went."""

from pydantic import BaseModel


class Result(BaseModel):
    """How a seed went, for the table.

    `kills` are those that happened, and `missed` those that were planned and did not; `faults` counts the requests that
    the club answered badly. `states` counts the bookings by where they ended. `points` are those that were seen and
    that the catalogue does not have.
    """

    seed: int
    kills: list[str] = []
    missed: list[str] = []
    faults: int = 0
    states: dict[str, int] = {}
    violations: list[str] = []
    points: dict[str, int] = {}
    took_s: float = 0.0
    cpu_s: float = 0.0
    kept_in: str = ""
