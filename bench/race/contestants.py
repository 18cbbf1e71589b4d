"""Who races."""

from enum import StrEnum


class Who(StrEnum):
    """The booker service, and what people use."""

    AUTOTENNIS = "autotennis"
    FORERUNNER = "forerunner"
    CRON = "cron"
    LOCAL_LOOP = "local clock loop"
    ONE_DATE = "one Date reading"
    LOCAL_BURST = "burst by the local clock"


# What hits the opening's second by chance, or not at all: they are measured side by side.
AT_A_GUESS = (Who.CRON, Who.LOCAL_LOOP, Who.ONE_DATE, Who.LOCAL_BURST)
