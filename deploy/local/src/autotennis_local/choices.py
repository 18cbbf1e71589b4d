"""What a command lets one choose from."""

from enum import StrEnum


class Backing(StrEnum):
    """The families, as whoever starts a system names them."""

    LOCAL = "local"
    EMULATORS = "emulators"


class Scenario(StrEnum):
    """What is rehearsed: a place at the opening, or one of the others."""

    OPENING = "opening"
    WAITLIST = "waitlist"
    SERIES = "series"
    GROUP = "group"
    CANCEL = "cancel"
