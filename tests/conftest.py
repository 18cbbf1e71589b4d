"""What holds for all tests."""

import os

from hypothesis import settings

# A handful of examples at every save, many more in `make test`.
settings.register_profile("quick", max_examples=10, deadline=None)
settings.register_profile("thorough", max_examples=300, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
