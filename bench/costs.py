"""What the system costs on Google Cloud: what it uses was measured, the rest is list prices and arithmetic.

A test holds docs/costs.md against these tables.

    python -m bench.costs
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from autotennis.domain.club import WatchRules
from autotennis.domain.opening import WAKE_LEAD_S
from autotennis_timer.handlers import SHARD
from bench.measured import FIRST, FURTHER, MEASURED, Step, Used, times, together
from bench.prices import (
    CARRIED,
    CPU,
    DAYS_A_MONTH,
    DELETES,
    JOBS,
    KEY_CALLS,
    KEYS,
    MEMORY,
    PRICES,
    READS,
    REQUESTS,
    SENT,
    STORED,
    WRITES,
    Price,
)

WEEKS_A_MONTH: Final = DAYS_A_MONTH / 7
SWEEP_JOBS: Final = 2
# Every five minutes, while anything is open; once a day otherwise.
SWEEPS: Final = DAYS_A_MONTH * 24 * 12
# Every minute, while anybody waits at a club.
WATCHES: Final = DAYS_A_MONTH * 24 * 60

# What nobody measured, on the high side mostly; `assumption_table` says it in words.
HELD_S: Final = round(WAKE_LEAD_S) + 10
BEAT_S: Final = 4
BEATS: Final = math.ceil(HELD_S / BEAT_S)
VCPUS: Final = 1
GIB: Final = 0.5
PAGE_S: Final = 0.3
SMALL_S: Final = 0.1
TIMER_S: Final = 0.5
LOOK_S: Final = 1
IN_LIST: Final = 10
# Asking takes five requests, which show three pages and read the member's list three times.
ASKING_REQUESTS: Final = 5
ASKING_PAGES: Final = 3
ASKING_LISTS: Final = 3
LOOKS: Final = 4
WATCHED_MIN: Final = 5
NEWS_EVERY_S: Final = 2
NEWS: Final = WATCHED_MIN * 60 / NEWS_EVERY_S
FILES_OF_PAGE: Final = 4
MESSAGE_BYTES: Final = 2_000
KEPT_BYTES: Final = 10_000
SENT_BYTES: Final = 200_000


@dataclass(frozen=True, slots=True)
class Load:
    """How much is booked: bookings a week, how many share an opening, how many days ahead the first one is made."""

    bookings_a_week: int
    share: int = 3
    days_ahead: int = 7

    @property
    def name(self) -> str:
        """In few words."""
        return f"{self.bookings_a_week:,} a week, {self.share} an opening"

    @property
    def bookings(self) -> float:
        """In a month."""
        return self.bookings_a_week * WEEKS_A_MONTH

    @property
    def openings(self) -> float:
        """In a month."""
        return self.bookings / self.share

    @property
    def races(self) -> float:
        """Held requests of the booker in a month."""
        return self.openings * math.ceil(self.share / SHARD)

    @property
    def jobs(self) -> float:
        """Jobs of Cloud Scheduler at a time: one for each opening ahead, and those of the sweeps."""
        return self.openings / DAYS_A_MONTH * self.days_ahead + SWEEP_JOBS

    @property
    def sweeps(self) -> float:
        """In a month."""
        return SWEEPS if self.bookings else DAYS_A_MONTH


IDLE: Final = Load(0)
LOADS: Final = (Load(10), Load(1_000), Load(100_000), Load(100_000, share=30))


@dataclass(frozen=True, slots=True)
class Line:
    """So many wait at one club all the time, which is looked at every so many seconds."""

    waiting: int
    every_s: float = WatchRules().every_s

    @property
    def name(self) -> str:
        """In few words."""
        return f"{self.waiting:,} waiting, a look every {self.every_s:.0f} s"

    @property
    def looks(self) -> int:
        """In a minute."""
        return math.ceil(60 / self.every_s)

    @property
    def held_s(self) -> float:
        """How long the request of a minute is held: from its first look to the end of its last."""
        return (self.looks - 1) * self.every_s + LOOK_S

    @property
    def used_by_look(self) -> Used:
        """Each look reads everybody who waits."""
        return together(MEASURED[Step.LOOK], times(self.waiting - 1, MEASURED[Step.LOOKED_FOR]))


LINES: Final = (Line(1), Line(10), Line(100), Line(1_000), Line(100, every_s=60))


def used(load: Load) -> Used:
    """What a month's bookings, the looks at them and the sweeps use."""
    a_list = together(MEASURED[Step.LIST], times(IN_LIST - 1, MEASURED[Step.LISTED]))
    longer_lists = times(ASKING_LISTS * (IN_LIST - 1), MEASURED[Step.LISTED])
    looks = together(longer_lists, times(LOOKS, a_list), times(NEWS, MEASURED[Step.NEWS]))
    return together(
        times(load.openings, FIRST),
        times(load.bookings - load.openings, FURTHER),
        times(load.bookings, looks),
        times(load.races * BEATS, MEASURED[Step.LIFE]),
        # An instance for each race, and one for each member's visit: mostly there are fewer.
        times(load.races + load.bookings, MEASURED[Step.FIRST_SECRET]),
        times(load.sweeps, MEASURED[Step.SWEEP if load.bookings else Step.LAST_SWEEP]),
    )


def carried_gib(load: Load) -> float:
    """What Pub/Sub takes in and delivers; nobody consumes Booked."""
    of_jobs = load.openings + load.sweeps
    delivered = load.bookings + load.races + of_jobs
    return (used(load).messages + of_jobs + delivered) * MESSAGE_BYTES / 2**30


def requests(load: Load) -> Mapping[str, tuple[float, float]]:
    """The requests of a month by what they are: how many, and how long one lasts (s)."""
    pages = (ASKING_PAGES + LOOKS) * load.bookings
    return {
        "pages and forms": ((ASKING_REQUESTS + LOOKS) * load.bookings, PAGE_S),
        "files of pages, and news": (pages * FILES_OF_PAGE + NEWS * load.bookings, SMALL_S),
        "timer": (load.bookings + load.openings + load.sweeps, TIMER_S),
        "races": (load.races, HELD_S),
    }


def amounts(load: Load) -> Mapping[Price, float]:
    """What a month uses, in the units of the prices, if no two requests ever share an instance.

    Storage is that after a year.
    """
    spent, asked = used(load), requests(load).values()
    billed_s = sum(count * lasts_s for count, lasts_s in asked)
    return {
        CPU: billed_s * VCPUS,
        MEMORY: billed_s * GIB,
        REQUESTS: sum(count for count, _ in asked),
        READS: spent.reads,
        WRITES: spent.writes,
        DELETES: spent.deletes,
        STORED: load.bookings * 12 * KEPT_BYTES / 2**30,
        CARRIED: carried_gib(load),
        JOBS: load.jobs * DAYS_A_MONTH,
        KEYS: 1,
        KEY_CALLS: spent.key_calls,
        SENT: load.bookings * SENT_BYTES / 2**30,
    }


def watch_amounts(line: Line) -> Mapping[Price, float]:
    """What a month of looks uses, in the units of the prices, if nobody shares the instance that looks."""
    spent = times(WATCHES * line.looks, line.used_by_look)
    return {
        CPU: WATCHES * line.held_s * VCPUS,
        MEMORY: WATCHES * line.held_s * GIB,
        REQUESTS: WATCHES,
        READS: spent.reads,
        WRITES: spent.writes,
        # Published by the job, and delivered.
        CARRIED: 2 * WATCHES * MESSAGE_BYTES / 2**30,
        JOBS: DAYS_A_MONTH,
    }


def cost(load: Load) -> float:
    """A month in US dollars."""
    return sum(price.cost(amount) for price, amount in amounts(load).items())


def table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """A table in Markdown: so many columns of text, then figures."""
    marks = ["---" if number < texts else "---:" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *rows))


def measured_table() -> str:
    """What was measured, and what an opening comes to."""
    rows = [(*step.value, *_counts(MEASURED[step])) for step in Step]
    sums = {"**An opening with one booking, in all**": FIRST, "**A further booking of it, in all**": FURTHER}
    head = ("step", "service", *(name.replace("_", " ") for name in Used._fields))
    return table(head, [*rows, *((name, "all", *_counts(count)) for name, count in sums.items())], texts=2)


def price_table() -> str:
    """The prices."""
    rows = [(one.what, _price(one.usd), _per(one), one.free_text, one.source) for one in PRICES]
    return table(("what", "US dollars", "for", "free", "Google's page"), rows, texts=5)


def assumption_table() -> str:
    """What is not measured but assumed."""
    shares = " or ".join(str(share) for share in sorted({load.share for load in LOADS}))
    rows = [
        ("bookings of one opening", f"{shares}, as the column says"),
        ("how far ahead the first wish for an opening is made", f"{LOADS[0].days_ahead} days"),
        ("a race", f"{HELD_S} s in one held request for up to {SHARD} bookings, alone in an instance"),
        ("an instance", f"{VCPUS} vCPU, {GIB * 1024:.0f} MiB"),
        ("signs of life", f"one every {BEAT_S} s of a race, so {BEATS}"),
        ("a request of a page, of the timer, for a file or for news", f"{PAGE_S} s, {TIMER_S} s, {SMALL_S} s"),
        ("a member's list", f"{IN_LIST} bookings"),
        ("looks at each booking", f"{LOOKS} times the list, and {WATCHED_MIN} minutes with its page open"),
        ("an open page", f"asks for news every {NEWS_EVERY_S} s"),
        ("files of a page (styles, script, picture)", f"{FILES_OF_PAGE}, asked for again with each page"),
        ("instances that start", "one for each race, one for each member's visit"),
        ("sweeps", "every 5 minutes of the month, as there is always something open"),
        ("waiting", "nobody waits for a freed place: that has a table of its own"),
        ("a look for freed places", f"{LOOK_S} s; the request is held from the first look of a minute to the last"),
        ("a message", f"{MESSAGE_BYTES:,} bytes, both when it is published and when it is delivered"),
        ("a booking", f"{KEPT_BYTES:,} bytes kept for ever with its indexes, {SENT_BYTES:,} bytes of pages sent"),
        ("what is free a day", "used up evenly over the month"),
    ]
    return table(("what", "assumed"), rows, texts=2)


def amount_table() -> str:
    """What a month uses."""
    months = [amounts(load) for load in LOADS]
    rows = [(_what(price), *(_short(month[price]) for month in months)) for price in PRICES]
    jobs = ("Cloud Scheduler: jobs at a time", *(_short(load.jobs) for load in LOADS))
    return table(("used in a month", *(load.name for load in LOADS)), [*rows, jobs])


def cost_table() -> str:
    """What a month costs."""
    months = [amounts(load) for load in LOADS]
    rows = [(price.what, *(f"{price.cost(month[price]):,.2f}" for month in months)) for price in PRICES]
    sums = ("**A month**", *(f"**{cost(load):,.2f}**" for load in LOADS))
    each = ("A booking", *(f"{cost(load) / load.bookings:.4f}" for load in LOADS))
    return table(("US dollars a month", *(load.name for load in LOADS)), [*rows, sums, each])


def watch_table() -> str:
    """What it uses and costs that some wait at a club all the time."""
    months = [watch_amounts(line) for line in LINES]
    reads = [line.used_by_look.reads * line.looks * 24 * 60 for line in LINES]
    rows = [(_what(price), *(_short(month[price]) for month in months)) for price in months[0]]
    free = [sum(price.cost(amount) for price, amount in month.items()) for month in months]
    billed = [sum(price.rate(amount) for price, amount in month.items()) for month in months]
    return table(
        ("a month of waiting at one club", *(line.name for line in LINES)),
        [
            ("Firestore: reads a day", *(f"{one:,.0f}" for one in reads)),
            *rows,
            ("US dollars for the reads", *(f"{READS.rate(month[READS]):,.2f}" for month in months)),
            (
                "US dollars for processor and memory",
                *(f"{CPU.rate(m[CPU]) + MEMORY.rate(m[MEMORY]):,.2f}" for m in months),
            ),
            ("**US dollars in all**", *(f"**{one:,.2f}**" for one in billed)),
            ("US dollars, if all that is free is left for it", *(f"{one:,.2f}" for one in free)),
        ],
    )


def idle_table() -> str:
    """What is left while nobody has an open booking."""
    month = amounts(IDLE)
    rows = [(one.what, _units(_short(month[one]), one), f"{one.cost(month[one]):.2f}") for one in PRICES if month[one]]
    return table(
        ("while nothing is open", "used in a month", "US dollars"),
        [*rows, ("**A month**", "", f"**{cost(IDLE):.2f}**")],
    )


def reach_table() -> str:
    """How many bookings a week the quota of jobs allows."""
    cases = [(share, days) for share in (3, 30) for days in (7, 21)]
    rows = [
        (
            f"{share} an opening, {days} days ahead",
            *(f"{(jobs - SWEEP_JOBS) / days * 7 * share:,.0f}" for jobs in (1_000, 5_000)),
        )
        for share, days in cases
    ]
    return table(("bookings a week, at most", "1,000 jobs", "5,000 jobs"), rows)


def _counts(count: Used) -> Sequence[str]:
    return [f"{one:.0f}" for one in count]


def _price(usd: float) -> str:
    return f"{usd:.7f}".rstrip("0").rstrip(".") if usd < 0.01 else f"{usd:.2f}"


def _per(price: Price) -> str:
    return _units(f"{price.per:,.0f}", price)


def _units(amount: str, price: Price) -> str:
    return f"{amount} {price.unit.removesuffix('s') if amount == '1' else price.unit}"


def _what(price: Price) -> str:
    return price.what if price.what.endswith(price.unit) else f"{price.what} ({price.unit})"


def _short(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 10 or amount == int(amount) else f"{amount:.2g}"


TABLES: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "What was measured": measured_table,
        "Prices": price_table,
        "Assumptions": assumption_table,
        "What a month uses": amount_table,
        "What a month costs": cost_table,
        "What waiting uses and costs": watch_table,
        "Idle": idle_table,
        "What the quota of jobs allows": reach_table,
    }
)


def main() -> None:
    """Prints all tables."""
    for title, make in TABLES.items():
        print(f"{title}\n\n{make()}\n")


if __name__ == "__main__":
    main()
