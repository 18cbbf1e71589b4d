"""Starts the booker: `python -m autotennis_booker`."""

import sys

from autotennis.program import run_service
from autotennis_booker.app import create_app
from autotennis_booker.settings import BookerSettings

if __name__ == "__main__":
    sys.exit(run_service("booker", BookerSettings, create_app))
