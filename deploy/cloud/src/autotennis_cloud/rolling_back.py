"""The way back by hand: to the release before, or to one that is named; and the list of them."""

from collections.abc import Mapping, Sequence

from autotennis_cloud import ledger
from autotennis_cloud.ledger import Move, Release
from autotennis_cloud.looking import Running
from autotennis_cloud.releasing import BACKWARDS, Tools, all_running, lead, note
from autotennis_cloud.running import say
from autotennis_cloud.trouble import CloudTrouble


def roll_back(tools: Tools, to: str) -> None:
    """Leads all traffic to that release (its commit or version), or to the one before. Raises CloudTrouble."""
    running = all_running(tools)
    history = ledger.releases(tools.runner, tools.installation)
    target = chosen(history, to, {service: one.serving for service, one in running.items()})
    say(f"Back to {target.version} (commit {target.commit}), which was released at {target.at:%Y-%m-%d %H:%M} UTC.")
    lead(tools, running, target.revisions, BACKWARDS)
    note(tools, history, target.model_copy(update={"at": tools.clock.now(), "move": Move.BACK}))


def chosen(history: Sequence[Release], to: str, serving: Mapping[str, str]) -> Release:
    """The release that `to` names, else the one before. Raises CloudTrouble.

    Where something else is `serving` than what was released last, a release was cut off: the way leads to the last one.
    """
    if not to:
        last = ledger.now_serving(history)
        found = last if last and last.revisions != serving else ledger.before(history)
        if found is None:
            raise CloudTrouble("There is no release before this one. See what there is: make releases")
        return found
    named = [one for one in history if one.commit.startswith(to) or one.version == to]
    if not named:
        raise CloudTrouble(f"No release is called {to}. See what there is: make releases")
    return named[-1]


def listed(running: Mapping[str, Running], history: Sequence[Release]) -> list[str]:
    """What runs, and from which commit; then what was released, newest first."""
    known = {revision: one for one in history for revision in one.revisions.values()}
    lines = ["service    serving                             commit        since (UTC)"]
    for service, one in running.items():
        found = known.get(one.serving)
        said = f"{found.commit:<13} {found.at:%Y-%m-%d %H:%M}" if found else "unknown"
        lines.append(f"{service:<10} {one.serving:<35} {said}")
    lines += ["", "when (UTC)        what      commit        version"]
    return lines + [
        f"{one.at:%Y-%m-%d %H:%M}  {one.move:<9} {one.commit:<13} {one.version}" for one in reversed(history)
    ]
