"""Starts the notifier: `python -m autotennis_notifier`."""

import sys

from autotennis.program import run_service
from autotennis_notifier.app import create_app
from autotennis_notifier.settings import NotifierSettings

if __name__ == "__main__":
    sys.exit(run_service("notifier", NotifierSettings, create_app))
