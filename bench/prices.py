"""Google's list prices, as far as they are needed here.

Written down in November 2026 from memory of Google's public pages: look at the pages before you rely on them.
Firestore's are those of the multi-region eur3 (a single European region costs about half), Cloud Run's those of tier 1
with request-based billing.
"""

from dataclasses import dataclass
from typing import Final

DAYS_A_MONTH: Final = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Price:
    """A list price in US dollars: `usd` for `per` of the unit, beyond `free` of it a month (`free_text` in words)."""

    what: str
    unit: str
    usd: float
    per: float
    free: float
    free_text: str
    source: str

    def cost(self, used: float) -> float:
        """What so many units in a month cost."""
        return self.rate(max(0.0, used - self.free))

    def rate(self, used: float) -> float:
        """What so many units cost where nothing is free (any more)."""
        return used / self.per * self.usd


_RUN: Final = "cloud.google.com/run/pricing"
_FIRESTORE: Final = "cloud.google.com/firestore/pricing"
_PUBSUB: Final = "cloud.google.com/pubsub/pricing"
_SCHEDULER: Final = "cloud.google.com/scheduler/pricing"
_KMS: Final = "cloud.google.com/kms/pricing"
_NETWORK: Final = "cloud.google.com/vpc/network-pricing"

CPU: Final = Price("Cloud Run: processor", "vCPU-seconds", 0.000024, 1, 180e3, "180,000 a month", _RUN)
MEMORY: Final = Price("Cloud Run: memory", "GiB-seconds", 0.0000025, 1, 360e3, "360,000 a month", _RUN)
REQUESTS: Final = Price("Cloud Run: requests", "requests", 0.40, 1e6, 2e6, "2,000,000 a month", _RUN)
READS: Final = Price("Firestore: reads", "reads", 0.06, 1e5, 50e3 * DAYS_A_MONTH, "50,000 a day", _FIRESTORE)
WRITES: Final = Price("Firestore: writes", "writes", 0.18, 1e5, 20e3 * DAYS_A_MONTH, "20,000 a day", _FIRESTORE)
DELETES: Final = Price("Firestore: deletes", "deletes", 0.02, 1e5, 20e3 * DAYS_A_MONTH, "20,000 a day", _FIRESTORE)
STORED: Final = Price("Firestore: storage", "GiB", 0.18, 1, 1, "1 GiB", _FIRESTORE)
CARRIED: Final = Price("Pub/Sub: messages", "GiB", 40, 1024, 10, "10 GiB a month", _PUBSUB)
JOBS: Final = Price("Cloud Scheduler: jobs", "days of a job", 0.10, 31, 3 * DAYS_A_MONTH, "3 jobs", _SCHEDULER)
KEYS: Final = Price("Cloud KMS: key versions", "versions", 0.06, 1, 0, "none", _KMS)
KEY_CALLS: Final = Price("Cloud KMS: operations", "operations", 0.03, 1e4, 0, "none", _KMS)
SENT: Final = Price("Network: sent out", "GiB", 0.12, 1, 0, "none in Europe", _NETWORK)

PRICES: Final = (CPU, MEMORY, REQUESTS, READS, WRITES, DELETES, STORED, CARRIED, JOBS, KEYS, KEY_CALLS, SENT)
