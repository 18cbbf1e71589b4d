"""Many open pages, many views of pages, and a race beside them, measured on one machine.

Half of the time nobody looks at any page, half of the time many do, and in both the same races are run: the first is
the baseline of the second. A page's time is counted from the instant at which somebody wanted it, not from when the
asking program came round to it.

    python -m bench.pages [--quick]
"""
