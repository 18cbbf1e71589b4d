"""Starts the waitlist: `python -m autotennis_waitlist`."""

import sys

from autotennis.program import run_service
from autotennis_waitlist.app import create_app
from autotennis_waitlist.settings import WaitlistSettings

if __name__ == "__main__":
    sys.exit(run_service("waitlist", WaitlistSettings, create_app))
