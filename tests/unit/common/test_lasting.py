"""What a program is made of lasts until its end."""

import gc

from autotennis.lasting import keep_for_good


def test_the_collector_leaves_alone_what_is_there() -> None:
    # In a test process all else goes on as before.
    assert gc.get_freeze_count() == 0
    keep_for_good()
    try:
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
