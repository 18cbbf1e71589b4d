"""The file that holds the vault's keys."""

import stat
from pathlib import Path
from typing import Final

from autotennis.adapters.keyring import BadKeyset, KeyRing
from autotennis.adapters.local.files import write_private
from autotennis.errors import VaultLocked

FILE_NAME: Final = "vault.key"


def write_keys(path: Path, keys: KeyRing) -> None:
    """Writes the keys where only the owner reads them, in place of what is there. Call it under a lock."""
    write_private(path, keys.dump())


def read_keys(path: Path) -> KeyRing:
    """The keys in this file. Raises VaultLocked if it is missing, open to others, or no keyset."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & 0o077:
                raise VaultLocked(f"The vault's key {path} can be read by others (mode {mode:04o}): chmod 600 {path}")
            return KeyRing.load(file.read())
    except FileNotFoundError:
        raise VaultLocked(
            f"The vault's key {path} is missing: put it back from a backup. Without it the members' secrets are lost, "
            "and they have to give them again."
        ) from None
    except OSError as error:
        raise VaultLocked(f"The vault's key {path} cannot be read: {error.strerror}.") from None
    except BadKeyset:
        raise VaultLocked(f"The vault's key {path} is damaged: put it back from a backup.") from None
