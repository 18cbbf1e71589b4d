"""`python -m mutations run [W3 ...]` takes defences out; `write` renews docs/threat-model.md."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from support.emulators import emulators

from mutations import page
from mutations.copies import Copies, Copy, by_file, copied
from mutations.listed import Mutation, Threat, every_threat, faults
from mutations.verdicts import Outcome, Verdict, failed_before, judged

_WITHIN_S: Final = 900.0

Case = tuple[Threat, Mutation]


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 1 if a defence can be taken out without a test that fails, or the list has faults."""
    parser = argparse.ArgumentParser(prog="mutations", description=__doc__)
    parser.add_argument("what", choices=("run", "write"))
    parser.add_argument("only", nargs="*", help="ids of threats; all without")
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried at once")
    options = parser.parse_args(arguments)
    threats = every_threat()
    if found := [*faults(threats), *(f"There is no threat {one}." for one in _unknown(options.only, threats))]:
        sys.stderr.write("\n".join(found) + "\n")
        return 1
    if options.what == "run":
        return _run([one for one in threats if not options.only or one.id in options.only], options.jobs)
    page.PAGE.write_text(page.renewed(page.PAGE.read_text()))
    return 0


def _unknown(only: Sequence[str], threats: Sequence[Threat]) -> Sequence[str]:
    return sorted(set(only) - {one.id for one in threats})


def _run(threats: Sequence[Threat], jobs: int) -> int:
    cases = [(threat, mutation) for threat in threats for mutation in threat.mutation]
    tests = sorted({test for _, mutation in cases for test in mutation.tests})
    if any("gcp" in test or "tests/contract/" in test for test in tests):
        emulators()
    with tempfile.TemporaryDirectory(prefix="mutations-") as directory, ThreadPoolExecutor(jobs) as pool:
        copies = Copies([copied(Path(directory, str(number))) for number in range(jobs)])
        if not copies.are_what_is_imported():
            sys.stderr.write("What is imported is not what is mutated.\n")
            return 1
        # What fails anyhow shows nothing.
        failed = [one for found in pool.map(partial(_failed_before, copies), by_file(tests)) for one in found]
        if failed:
            sys.stderr.write("These fail on what is whole:\n" + "\n".join(failed) + "\n")
            return 1
        sys.stdout.write(f"{len(tests)} tests pass on what is whole.\n")
        verdicts = list(pool.map(partial(_verdict, copies), cases))
    outcomes = [one.outcome for one in verdicts]
    sys.stdout.write(", ".join(f"{outcomes.count(one)} {one}" for one in Outcome) + ".\n")
    return int(Outcome.MISSED in outcomes)


def _failed_before(copies: Copies, tests: Sequence[str]) -> Sequence[str]:
    with copies.one() as copy:
        ran = copy.run(tests, _WITHIN_S)
    return failed_before(ran.exit_code, ran.report)


def _verdict(copies: Copies, case: Case) -> Verdict:
    threat, mutation = case
    with copies.one() as copy:
        verdict = _on(copy, mutation)
    why = f"\n              {verdict.why}" if verdict.why else ""
    sys.stdout.write(f"{threat.id:4} {verdict.outcome:8} {mutation.breaks}{why}\n")
    sys.stdout.flush()
    return verdict


def _on(copy: Copy, mutation: Mutation) -> Verdict:
    verdict = Verdict(Outcome.MISSED, "it names no test")
    try:
        with copy.broken_by(mutation):
            # Apart: a browser's driver runs an event loop of its own in the process of its tests.
            for tests in by_file(mutation.tests):
                ran = copy.run(tests, _WITHIN_S)
                verdict = judged(ran.exit_code, ran.report, tests)
                if verdict.outcome is not Outcome.SEEN:
                    return verdict
    except SyntaxError as error:
        return Verdict(Outcome.MISSED, f"what is left is no Python: {error}")
    return verdict


if __name__ == "__main__":
    sys.exit(main())
