"""What an installation uses of Google's services, counted where it is used: what it costs follows from that."""

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Use(StrEnum):
    """What Google counts, and mostly bills."""

    DOCUMENT_READS = "document_reads"
    DOCUMENT_WRITES = "document_writes"
    DOCUMENT_DELETES = "document_deletes"
    MESSAGES = "messages"
    JOB_CALLS = "job_calls"
    KEY_CALLS = "key_calls"


class Meter:
    """Counts uses, from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[Use] = Counter()
        self._lock = threading.Lock()

    def count(self, use: Use, by: int = 1) -> None:
        """Adds so many."""
        with self._lock:
            self._counts[use] += by

    def counts(self) -> Mapping[Use, int]:
        """All that was counted so far."""
        with self._lock:
            return dict(self._counts)
