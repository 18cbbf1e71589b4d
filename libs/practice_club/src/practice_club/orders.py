"""What an operator can order of the practice club: the validated bodies of the control API, also used in tests."""

from datetime import date, datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from practice_club.people import Slot, SlotFacts
from practice_club.times import parse_spilletid
from practice_club.vocabulary import Level


class Order(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NewMember(Order):
    """A member to add; whatever is left out is invented."""

    id: int | None = Field(default=None, gt=0, lt=90_000)
    name: str | None = None
    email: str | None = None
    pin: SecretStr | None = None
    level: Level = Level.M


class NewPin(Order):
    """Another PIN for a member."""

    pin: SecretStr


class NewSession(SlotFacts):
    """A session to add, with a weekly slot of its own. Exactly one of the first three says when it is."""

    opens_in_s: float | None = Field(default=None, ge=-259_200, le=31_000_000)
    opens_at: AwareDatetime | None = None
    starts: str | None = Field(default=None, description="spilletid, e.g. 20261124T9:00:00")
    timeid: int | None = Field(default=None, gt=0)
    taken: int = Field(default=0, ge=0, description="places that rivals have from the beginning")

    @field_validator("starts")
    @classmethod
    def _is_spilletid(cls, starts: str | None) -> str | None:
        if starts is not None and parse_spilletid(starts) is None:
            raise ValueError("`starts` is written like 20261124T9:00:00, in the club's local time")
        return starts

    @model_validator(mode="after")
    def _fits(self) -> Self:
        given = [value for value in (self.opens_in_s, self.opens_at, self.starts) if value is not None]
        if len(given) != 1:
            raise ValueError("give one of `opens_in_s`, `opens_at` and `starts`")
        if self.taken > self.capacity:
            raise ValueError(f"{self.taken} taken places do not fit a capacity of {self.capacity}")
        return self

    def slot_at(self, timeid: int, start: datetime) -> Slot:
        """The weekly slot of a session that starts then."""
        facts = self.model_dump(include=set(SlotFacts.model_fields))
        return Slot(timeid=timeid, weekday=start.weekday(), at=start.time(), **facts)


class ClockOrder(Order):
    """Set the club's clock, in one of three ways."""

    offset_ms: float | None = None
    step_ms: float | None = None
    now: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len([value for value in (self.offset_ms, self.step_ms, self.now) if value is not None]) != 1:
            raise ValueError("give one of `offset_ms`, `step_ms` and `now`")
        return self


class PlaceOrder(Order):
    """Take, free or decline: a member's place, or those of rivals."""

    member_id: int | None = None
    places: int = Field(default=1, ge=1, le=50)


class EndSlot(Order):
    """Let a weekly slot end."""

    timeid: int
    last_date: date


class ExpireLogins(Order):
    """End the logins of one member, or all."""

    member_id: int | None = None
