"""Members of the practice club and its weekly slots: plain validated data."""

from datetime import date, datetime, time
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from practice_club.times import OSLO
from practice_club.vocabulary import Door, Kind, Level


class Member(BaseModel):
    """A member. `id` is the `medlemsid` of the club's action links."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int = Field(gt=0)
    email: str = Field(min_length=3, max_length=100, pattern=r"^\S+@\S+$")
    pin: SecretStr
    name: str = Field(min_length=1, max_length=80)
    level: Level = Level.M

    @property
    def short_name(self) -> str:
        """The name as the club's pages show it: "First L."."""
        first, _, last = self.name.partition(" ")
        return f"{first} {last.rsplit(' ')[-1][0]}." if last.strip() else first


class SlotFacts(BaseModel):
    """What a slot is, apart from when it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: str = "Nordhallen"
    court: str = "Bane 1"
    level: Level = Level.M
    capacity: int = Field(default=4, ge=1, le=50)
    kind: Kind = Kind.REGULAR
    regulars: tuple[int | None, ...] = Field(default=(), description="member ids; null is a vacant fixed place")
    coach: str | None = None
    theme: str | None = None
    door: Door | None = Field(default=None, description="by default the text that belongs to the kind")

    @model_validator(mode="after")
    def _places_fit(self) -> Self:
        if len(self.regulars) > self.capacity:
            raise ValueError(f"{len(self.regulars)} fixed places do not fit a capacity of {self.capacity}")
        if self.kind is Kind.DROP_IN and self.regulars:
            raise ValueError("a drop-in session has no fixed places")
        named = [member_id for member_id in self.regulars if member_id is not None]
        if len(named) != len(set(named)):
            raise ValueError("a member can have one fixed place only")
        return self


class Slot(SlotFacts):
    """One hour of the week. Its `timeid` recurs every week, in local time, for as long as the slot is valid."""

    timeid: int = Field(gt=0)
    weekday: int = Field(ge=0, le=6, description="Monday is 0")
    at: time = Field(description="local start; seconds are allowed, for sessions that open at a chosen instant")
    first_date: date | None = None
    last_date: date | None = None

    @field_validator("at")
    @classmethod
    def _whole_seconds(cls, at: time) -> time:
        if at.tzinfo is not None or at.microsecond:
            raise ValueError("`at` is a local time of day in whole seconds, without a zone")
        return at

    @property
    def door_text(self) -> Door:
        """Which way-in text a player sees here."""
        return self.door or (Door.ENTRANCE if self.kind is Kind.PADEL else Door.CODE)

    def valid_on(self, day: date) -> bool:
        """Whether this slot is in force on a date."""
        return (self.first_date is None or self.first_date <= day) and (self.last_date is None or day <= self.last_date)

    def start_on(self, day: date) -> datetime | None:
        """The start of this slot's session on a date, if it has one then."""
        if day.weekday() != self.weekday or not self.valid_on(day):
            return None
        return datetime.combine(day, self.at, tzinfo=OSLO)
