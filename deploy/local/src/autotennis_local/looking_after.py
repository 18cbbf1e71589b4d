"""What operators do with an installation from the terminal: given-up deliveries, and the vault's key."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.ports import DeadLetters, Vault
from autotennis.settings import Backend, Settings, read_settings
from autotennis.terminal import in_one_line
from autotennis.wiring import open_ports
from autotennis_local.installation import must_exist
from autotennis_local.telling import say


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an installation keeps that operators look after."""

    dead_letters: DeadLetters
    vault: Vault


@contextmanager
def _installed(data_dir: Path, *, gcp: bool) -> Generator[_Kept]:
    """The installation of the data directory, or the one on Google Cloud that the settings describe."""
    if gcp:
        with open_ports(read_settings(Settings, backend=Backend.GCP)) as ports:
            yield _Kept(ports.bus, ports.vault)
        return
    must_exist(data_dir)
    with open_local(data_dir, SystemClock()) as family:
        yield _Kept(family.bus, family.vault)


def list_dead_letters(data_dir: Path, *, gcp: bool) -> None:
    """Tells the deliveries that were given up."""
    with _installed(data_dir, gcp=gcp) as kept:
        letters = kept.dead_letters.dead_letters()
    for letter in letters:
        reason = in_one_line(letter.reason)
        say(f"{letter.id}  {letter.at:%Y-%m-%d %H:%M:%S}Z  {letter.kind} for {letter.consumer}: {reason}")
    say(f"{len(letters)} given-up deliveries." if letters else "No delivery was given up.")


def deliver_again(data_dir: Path, delivery: str, *, gcp: bool) -> None:
    """Has a given-up delivery made again. Raises NotFound."""
    with _installed(data_dir, gcp=gcp) as kept:
        kept.dead_letters.replay(delivery)
    say(f"Delivery {delivery} is made again.")


def renew_key(data_dir: Path, *, gcp: bool) -> None:
    """Gives the vault a new key, and seals all secrets with it."""
    with _installed(data_dir, gcp=gcp) as kept:
        kept.vault.rotate()
    say("The vault has a new key, and all secrets are sealed with it.")
