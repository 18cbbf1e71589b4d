"""The walk of docs/one-machine.md on an empty Debian with systemd, 512 MB of memory and no swap, in its order."""

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import HttpUrl, SecretStr
from support.machines import Machine, empty_machine
from support.tools import needed
from support.waiting import eventually_beside
from support.walks import blocks

from autotennis.domain.club import ClubRules
from autotennis_local.network import any_port
from autotennis_local.visitor import Person, visiting
from practice_club.club import PracticeClub
from practice_club.orders import NewMember, NewSession
from practice_club.server import running_club

ROOT = Path(__file__).parents[2]
WALK = ROOT / "docs" / "one-machine.md"
SETTINGS = "/etc/autotennis/autotennis.env"
PERSON = Person("kari@example.org", SecretStr("4711"), SecretStr("et langt og godt passord"))
MOST_MB = 300

pytestmark = [
    needed("podman", "mmdebstrap", "runc", "git"),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("one-machine"),
]


@dataclass
class Walked:
    """Where the walk has come to."""

    machine: Machine
    club: PracticeClub
    port: int
    backup: str = ""
    said: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def typed(self, heading: str) -> str:
        """All that the document has under the heading is typed in the checkout; gives what was printed."""
        # On the network of this machine the usual port may be somebody else's.
        typed = [block.replace(":8080", f":{self.port}") for block in blocks(WALK, heading)]
        return "".join(self.machine.done(block, "/root/autotennis") for block in typed)

    def changed(self, path: str, old: str, new: str) -> None:
        """Another version of the program comes into the checkout."""
        self.machine.done(f"grep -q '{old}' {path} && sed -i 's/{old}/{new}/' {path}", "/root/autotennis")

    async def signed_in(self) -> None:
        async with visiting(self.url) as visitor:
            await visitor.let_in(PERSON)

    def answers(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=20) as answer:  # noqa: S310 (our own address)
            return answer.status == 200


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Generator[Machine]:
    with empty_machine(tmp_path_factory.mktemp("machine"), memory="512m") as machine:
        yield machine


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def walked(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Walked]:
    machine.copy(checkout(tmp_path_factory.mktemp("checkout")), "/root/autotennis")
    async with running_club(empty=True) as club:
        port = any_port("127.0.0.1")
        rules = ClubRules(id="practice", name="Practice Club", base_url=HttpUrl(club.base_url + "/"))
        # The settings of a machine may be there before the program is: they are kept.
        lines = [f"AUTOTENNIS_PORT={port}", f"AUTOTENNIS_CLUBS='{json.dumps([rules.model_dump(mode='json')])}'"]
        machine.put(SETTINGS, "\n".join([*lines, ""]))
        yield Walked(machine, club, port)


def checkout(into: Path) -> Path:
    """What a clone would have: the files that git knows, as they are now."""
    git = shutil.which("git")
    assert git
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S603 (git)
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, into / name)
    return into


async def test_it_is_installed_and_answers(walked: Walked) -> None:
    said = walked.typed("Install")
    assert f"Autotennis runs at {walked.url}/" in said
    assert walked.answers()
    settings = walked.machine.done(f"cat {SETTINGS}")
    assert "AUTOTENNIS_CLUBS=" in settings
    assert "AUTOTENNIS_CONTACT=mailto:you@example.org" in settings
    assert walked.machine.done("stat -c '%U %a' /var/lib/autotennis").split() == ["autotennis", "700"]
    assert "No delivery was given up." in walked.typed("See whether it is well")


async def test_its_units_are_sound_and_shut_away(walked: Walked) -> None:
    assert not walked.machine.done("systemd-analyze verify /etc/systemd/system/autotennis*").strip()
    score = walked.machine.done("systemd-analyze security --no-pager autotennis | tail -1")
    found = re.search(r"([0-9.]+) OK", score)
    assert found, score
    assert float(found.group(1)) <= 2.0
    assert "enabled" in walked.machine.done("systemctl is-enabled autotennis autotennis-backup.timer")


async def test_the_first_account_books_and_the_memory_is_enough(walked: Walked) -> None:
    at_club = walked.club.add_member(NewMember(email=PERSON.email, pin=PERSON.pin, name="Kari Ås"))
    session = walked.club.add_session(NewSession(opens_in_s=20))
    async with visiting(walked.url) as visitor:
        await visitor.let_in(PERSON)
        booking = await visitor.book(walked.club.link(session))

    def is_proven() -> bool:
        _, log = walked.machine.shell("cat /var/lib/autotennis/log/booker.log")
        lines = [json.loads(line) for line in log.splitlines() if booking in line]
        return any(line["message"] == "ended" and line.get("state") == "booked" for line in lines)

    await eventually_beside(is_proven, "the booking is proven", within_s=120)
    assert session.has_place(at_club.id)
    memory = walked.machine.done("cat /sys/fs/cgroup/memory.stat /sys/fs/cgroup/memory/memory.stat 2>/dev/null || true")
    taken = re.search(r"^(?:anon|total_rss) (\d+)$", memory, re.MULTILINE)
    assert taken, memory
    taken_mb = int(taken.group(1)) / 1e6
    print(f"With 512 MB: {taken_mb:.0f} MB are taken by all processes, those of the machine among them.")  # noqa: T201
    assert taken_mb < MOST_MB


async def test_it_is_upgraded(walked: Walked) -> None:
    walked.changed("deploy/local/pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    assert "Backed up to /var/lib/autotennis/backups/before-0.2.0" in walked.typed("Upgrade")
    assert walked.answers()
    assert "* 0.2.0-" in walked.machine.done("autotennis-machine releases")
    await walked.signed_in()


async def test_a_version_that_does_not_work_goes_back_by_itself(walked: Walked) -> None:
    local = "deploy/local/src/autotennis_local"
    walked.changed("deploy/local/pyproject.toml", 'version = "0.2.0"', 'version = "0.3.0"')
    # It changes the database, so that the version before cannot read it, and then does not start.
    database = "libs/common/src/autotennis/adapters/local"
    walked.changed(f"{database}/database.py", "SCHEMA_VERSION: Final = [0-9]*", "SCHEMA_VERSION: Final = 99")
    walked.changed(f"{database}/database.py", r"\*migrations\[number - 1\]", "*(migrations + ((),) * 99)[number - 1]")
    opened = "from autotennis_local.looking_after import open_local as o; o(wanted.data_dir, None).__enter__()"
    broken = f"{opened}; raise SystemExit(1)"
    walked.changed(f"{local}/serving_here.py", "    must_be_free(HOST, wanted.api_port)", f"    {broken}")
    (command,) = blocks(WALK, "Upgrade")
    status, said = walked.machine.shell(command, "/root/autotennis")
    assert status != 0
    assert "Went back to 0.2.0" in said
    assert "Put back /var/lib/autotennis/backups/before-0.3.0" in said
    assert walked.answers()
    await walked.signed_in()


async def test_one_goes_back_by_hand(walked: Walked) -> None:
    said = walked.typed("Go back")
    assert re.search(r"^0\.1\.0-\S+ runs at", said, re.MULTILINE), said
    assert walked.answers()
    await walked.signed_in()


async def test_a_backup_is_put_back(walked: Walked) -> None:
    by_hand, put_back = blocks(WALK, "Backups")
    assert "Backed up to" in walked.machine.done(by_hand)
    assert "stop it first" in walked.machine.shell(put_back.splitlines()[1])[1].lower()
    assert "What was there before is in /var/lib/autotennis/replaced-" in walked.machine.done(put_back)
    await walked.signed_in()
    walked.machine.done("systemctl start autotennis-backup.service && ls /var/lib/autotennis/backups/autotennis-*.tar")


async def test_it_is_removed_and_the_data_stays(walked: Walked) -> None:
    walked.typed("Remove")
    walked.machine.done("test ! -e /opt/autotennis && test ! -e /usr/local/bin/autotennis")
    assert not walked.machine.shell("systemctl list-unit-files 'autotennis*' --no-legend")[1].strip()
    assert "autotennis.db" in walked.machine.done("ls /var/lib/autotennis")
