"""Where the service is, and the token: kept in a file that nobody else can read."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_config_path

from autotennis_cli.trouble import Exit, Trouble

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Login:
    """Where the service is (without a slash at the end), and the token for it."""

    address: str
    token: str = field(repr=False)


def usual_file() -> Path:
    """Where the login is kept unless told otherwise."""
    return user_config_path("autotennis") / "login.json"


def read(file: Path) -> Login:
    """The login that is kept there. Raises Trouble."""
    try:
        kept = json.loads(file.read_text())
        return Login(str(kept["address"]), str(kept["token"]))
    except FileNotFoundError:
        raise Trouble("You are not logged in. Run: autotennis login", Exit.NOT_LOGGED_IN) from None
    except (OSError, ValueError, TypeError, KeyError):
        raise Trouble(f"{file} cannot be read. Run: autotennis login", Exit.NOT_LOGGED_IN) from None


def keep(file: Path, login: Login) -> None:
    """Keeps the login there, readable for its owner alone from the first byte on."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump({"address": login.address, "token": login.token}, opened)
    new.replace(file)


def checked_address(text: str) -> str:
    """The address without a slash at the end. Raises Trouble unless a token may travel there."""
    address = text.strip().rstrip("/")
    if "://" not in address:
        address = f"https://{address}"
    parts = urlsplit(address)
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.username:
        raise Trouble("This is no address. A good one looks like this: https://autotennis.example.org")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise Trouble("The address has to begin with https://, or others could read your token on the way.")
    return address
