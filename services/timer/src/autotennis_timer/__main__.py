"""Starts the timer: `python -m autotennis_timer`."""

import sys

from autotennis.program import run_service
from autotennis_timer.app import create_app

if __name__ == "__main__":
    sys.exit(run_service("timer", create_app))
