"""Programs that a test needs and a machine may lack."""

import shutil

import pytest


def needed(*programs: str) -> pytest.MarkDecorator:
    """Skips, and says so, where one of the programs is missing."""
    missing = [one for one in programs if shutil.which(one) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}, which this machine lacks")
