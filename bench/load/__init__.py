"""What much work and much that is kept cost: one opening for a thousand, ten thousand members, many events, many weeks.

Each part prints what was measured beside a baseline of its own, and the ratio. Ratios are what to go by: they are of
the same run on the same machine.

    python -m bench.load [--quick] [--part opening|stored|events|soak]
"""
