"""What the waitlist is told by the environment."""

from autotennis.settings import Settings


class WaitlistSettings(Settings):
    """The settings of every service: the waitlist has none of its own."""
