"""A new version: built, deployed beside the old one, looked at, given the traffic, watched, and taken back if need be.

It can be cut off anywhere and run again: what is done already is found and not done twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

from autotennis.adapters.system import SystemClock
from autotennis_cloud import ledger, plans
from autotennis_cloud.installation import Installation
from autotennis_cloud.ledger import Move, Release
from autotennis_cloud.looking import SERVICES, Running, images_of, running_of, running_services
from autotennis_cloud.order import RELEASE_ORDER
from autotennis_cloud.running import Runner, say
from autotennis_cloud.smoke import smoked
from autotennis_cloud.source import Source, archived
from autotennis_cloud.trouble import CloudTrouble
from autotennis_cloud.watching import Watched, watched

# On the way back nobody publishes what the older ones do not know.
BACKWARDS: Final = RELEASE_ORDER[::-1]
FIRST: Final = "The first deployment makes it: make deploy GO=1"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a new revision may take to answer well, and how long it is watched once it has the traffic."""

    smoke_s: float
    watch_s: float


@dataclass(frozen=True, slots=True)
class Tools:
    """What every command works with."""

    runner: Runner
    installation: Installation
    clock: SystemClock
    patience: Patience


def images_for(tools: Tools, source: Source, built: Mapping[str, str]) -> dict[str, str]:
    """The images of this commit, by their digests: those that were built, or else built now."""
    if built:
        say(f"  The images of {source.version} are built already.")
        images = dict(built)
    else:
        with archived(tools.runner, source) as packed:
            build = tools.runner.do(plans.build_step(tools.installation, source, packed))
        images = images_of(build) if build else plans.unknown_images(tools.installation)
    if missing := sorted(set(SERVICES) - set(images)):
        raise CloudTrouble(f"The build left no image of {', '.join(missing)}. Look at deploy/cloud/cloudbuild.yaml.")
    return images


def release(tools: Tools, source: Source, images: Mapping[str, str], history: Sequence[Release]) -> None:
    """Gives these images the traffic. Raises CloudTrouble, after the way back where that was needed."""
    running = all_running(tools)
    home = home_of(running, history)
    running = _deployed(tools, running, images, source)
    _smoke(tools, running, home)
    wanted = {service: one.latest if tools.runner.go else "THE-NEW-REVISION" for service, one in running.items()}
    began = tools.clock.now()
    try:
        lead(tools, running, wanted, RELEASE_ORDER)
        _watch(tools, running, wanted, began)
    except CloudTrouble as error:
        _way_back(tools, home, error)
    made = Release(at=began, move=Move.FORWARD, commit=source.commit, version=source.version, revisions=wanted)
    note(tools, history, made)


def all_running(tools: Tools) -> dict[str, Running]:
    """The services. Raises CloudTrouble where one does not exist yet."""
    running = running_services(tools.runner, tools.installation)
    missing = [tools.installation.service(one) for one in SERVICES if one not in running]
    if missing:
        raise CloudTrouble(f"There is no service {', '.join(missing)} yet. {FIRST}")
    return running


def home_of(running: Mapping[str, Running], history: Sequence[Release]) -> dict[str, str]:
    """Where the way back leads: to what was released last; a release that was cut off may have moved some traffic."""
    noted = ledger.now_serving(history)
    return {service: one.serving for service, one in running.items()} | (noted.revisions if noted else {})


def _deployed(
    tools: Tools, running: Mapping[str, Running], images: Mapping[str, str], source: Source
) -> dict[str, Running]:
    """The services with their new revisions, which have no traffic."""
    steps = plans.revision_steps(tools.installation, running, images, source)
    try:
        answers = tools.runner.do_all(list(steps.values()))
    except CloudTrouble as error:
        raise CloudTrouble(f"{error}\nThe traffic is where it was. Mend the cause and run this again.") from None
    return {**running, **{service: running_of(one) for service, one in zip(steps, answers, strict=True) if one}}


def _smoke(tools: Tools, running: Mapping[str, Running], home: Mapping[str, str]) -> None:
    if not tools.runner.go:
        say("# open the new pages by the address of their tag: the sign-in page, its headers, the API's document")
        return
    address = running["api"].urls.get(plans.NEXT, running["api"].url)
    say(f"  looking at {address} ...")
    if found := smoked(address, tools.patience.smoke_s):
        _way_back(tools, home, CloudTrouble("The new version is not well, and got no traffic: " + "; ".join(found)))


def _watch(tools: Tools, running: Mapping[str, Running], wanted: Mapping[str, str], began: datetime) -> None:
    for_how_long = f"the pages and the log for {tools.patience.watch_s:g} s"
    if not tools.runner.go:
        say(f"# watch {for_how_long}, and lead all traffic back if they are not well")
        return
    say(f"  watching {for_how_long} ...")
    what = Watched(running["api"].url, tuple(wanted.values()), began)
    if found := watched(tools.runner, tools.installation, what, tools.patience.watch_s):
        raise CloudTrouble("The new version is not well: " + "; ".join(found))


def _way_back(tools: Tools, home: Mapping[str, str], why: CloudTrouble) -> NoReturn:
    """Leads the traffic to these revisions, and takes the tag from what was looked at. Raises CloudTrouble."""
    try:
        lead(tools, all_running(tools), home, BACKWARDS)
    except CloudTrouble as error:
        raise CloudTrouble(f"{why}\nThe way back failed, too. Try it again: make rollback GO=1\n{error}") from None
    raise CloudTrouble(f"{why}\nThe versions before have the traffic.")


def lead(tools: Tools, running: Mapping[str, Running], wanted: Mapping[str, str], order: Sequence[str]) -> None:
    """All traffic of each service to the wanted revision, one service after another."""
    for step in plans.traffic_steps(tools.installation, running, wanted, order):
        tools.runner.do(step)


def note(tools: Tools, history: Sequence[Release], made: Release) -> None:
    """Keeps it, unless it has the traffic already."""
    last = ledger.now_serving(history)
    if last is None or last.revisions != made.revisions:
        tools.runner.do(ledger.record_step(tools.installation, made))
