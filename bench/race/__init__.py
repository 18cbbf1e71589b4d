"""The race at the opening: the whole booker service beside what people use, by the clubs' own record.

Each cell of the table is a kind of practice club: a network, a clock, a way to work, rivals. In every opening the
booker service is woken by a push, as its bus does it, and each other contestant has a member and a session of its own
at a club of the same kind, at another instant, so that none disturbs another. Where they race for the last place they
share it.

    python -m bench.race [--quick] [--cell NAME ...]
"""
