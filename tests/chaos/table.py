"""What a number of seeds came to, as text."""

from collections import Counter
from collections.abc import Sequence

from chaos.result import Result


def line(result: Result) -> str:
    """How one seed went, for whoever looks on."""
    how = f"{len(result.violations)} VIOLATIONS" if result.violations else "held"
    killed = "; ".join(result.kills) or "nothing"
    missed = f" (never came: {'; '.join(result.missed)})" if result.missed else ""
    return (
        f"seed {result.seed:>4}  {how:<12} {result.took_s:>5.0f} s {result.cpu_s:>5.1f} cpu-s  killed {killed}{missed}"
    )


def table(results: Sequence[Result], again: str) -> str:
    """All of them together. `again` is the command that plays one once more, but for its number."""
    kills = Counter(kill for result in results for kill in result.kills)
    by_program = Counter(kill.partition(" ")[0] for kill in kills.elements())
    states = sum((Counter(result.states) for result in results), Counter[str]())
    missed = sum(len(result.missed) for result in results)
    violated = [result for result in results if result.violations]
    found = sum(len(result.violations) for result in results)
    lines = ["", "killed                                                                 times"]
    lines += [f"  {kill:<68} {count:>5}" for kill, count in sorted(kills.items())]
    lines += ["", f"seeds       {len(results)}"]
    lines += [f"kills       {kills.total()}  ({_counted(by_program)})"]
    lines += [f"            {missed} planned ones never came: their process did not reach that point so often"]
    lines += [f"faults      {sum(result.faults for result in results)} requests answered badly by the club"]
    lines += [f"bookings    {states.total()}  ({_counted(states)})"]
    lines += [f"violations  {found}"]
    for result in violated:
        lines += ["", f"Seed {result.seed}, played again by: {again}{result.seed}"]
        lines += [f"  {one}" for one in result.violations]
        lines += [f"  Its logs are in {result.kept_in}"] if result.kept_in else []
    if unknown := sum((Counter(result.points) for result in results), Counter[str]()):
        lines += ["", "Points that the catalogue (tests/chaos/points.py) does not have:"]
        lines += [f"  {point.replace(chr(9), ' ')} ({count})" for point, count in sorted(unknown.items())]
    return "\n".join(lines)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
