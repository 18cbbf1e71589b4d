"""What the booker is told by the environment."""

from autotennis.shared_settings import CheckSettings


class BookerSettings(CheckSettings):
    """The settings of every service, and when it is to check bookings."""
