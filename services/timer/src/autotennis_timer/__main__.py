"""Starts the timer: `python -m autotennis_timer`."""

import sys

from autotennis.program import run_service
from autotennis_timer.app import create_app
from autotennis_timer.settings import TimerSettings

if __name__ == "__main__":
    sys.exit(run_service("timer", TimerSettings, create_app))
