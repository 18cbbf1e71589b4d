"""How badly events may be delivered, to see whether that matters."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """A share `duplicate` (0 to 1) of the messages comes twice, and each may be up to `delay_s` late."""

    duplicate: float = 0.0
    delay_s: float = 0.0
