"""What one visitor may take of time, memory and connections."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one visitor may take: seconds per stage, bytes of a decompressed body, open connections.

    15 s to connect and 10 s without a byte are what an earlier client allowed that lived with the club for years.
    `idle_s` is how long an idle connection is kept: longer than any pause that we make before an opening. Ordinary
    requests may have `connections` open, and prepared ones as many besides. For the answer to a prepared request,
    `body_bytes` counts the head too. All visitors of a club together have `look_ups` of its name under way at most.
    """

    connect_s: float = 15.0
    read_s: float = 10.0
    total_s: float = 30.0
    idle_s: float = 75.0
    body_bytes: int = 2_000_000
    connections: int = 16
    look_ups: int = 4
