"""Members' secrets, sealed in the SQLite file under a key that lies beside it."""

import threading
from sqlite3 import Connection
from typing import Final

from pydantic import SecretStr

from autotennis.adapters.keyring import KeyRing, bound_to
from autotennis.adapters.local.database import Database
from autotennis.adapters.local.files import locked
from autotennis.adapters.local.keys import FILE_NAME, read_keys, write_keys
from autotennis.errors import VaultLocked

# `vault_key` names the key that must be in the file: a database and a key that do not belong together are found out at
# the start, and a process that still holds the keys from before a rotation learns of it.
SCHEMA: Final = """
CREATE TABLE vault_key (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL) STRICT;
CREATE TABLE secrets (
    member_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (member_id, name)
) STRICT, WITHOUT ROWID;
"""


class LocalVault:
    """The port Vault."""

    def __init__(self, database: Database) -> None:
        """Reads the key, or makes it if there has never been one. Raises VaultLocked."""
        self._database = database
        self._path = database.path.with_name(FILE_NAME)
        self._lock_path = database.path.with_name("setup.lock")
        self._key_lock = threading.Lock()
        self._keys = self._open()

    def put(self, member_id: str, name: str, secret: SecretStr) -> None:
        """Seals a secret under the member's id and a name, in place of an earlier one. Raises VaultLocked."""
        with self._database.writing() as connection:
            # Asked inside the transaction: a rotation that is under way either sees this secret or comes before it.
            keys = self._keys_with(_number(connection))
            sealed = keys.seal(secret.get_secret_value().encode(), bound_to(member_id, name))
            connection.execute(
                "INSERT INTO secrets (member_id, name, sealed) VALUES (?, ?, ?) "
                "ON CONFLICT (member_id, name) DO UPDATE SET sealed = excluded.sealed",
                (member_id, name, sealed),
            )

    def get(self, member_id: str, name: str) -> SecretStr | None:
        """The secret, or None. Raises VaultLocked if it cannot be opened."""
        try:
            return self._get(member_id, name)
        except VaultLocked:
            # A rotation may have ended between the look at the secret and the look at the keys.
            return self._get(member_id, name)

    def _get(self, member_id: str, name: str) -> SecretStr | None:
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT sealed, number FROM secrets JOIN vault_key WHERE member_id = ? AND name = ?", (member_id, name)
            ).fetchone()
        if row is None:
            return None
        sealed, number = row
        secret = self._keys_with(number).unseal(sealed, bound_to(member_id, name))
        if secret is None:
            raise VaultLocked(
                f"The secret {name} of member {member_id} cannot be opened with {self._path}: it was sealed for "
                "somebody else, or it was changed since."
            )
        return SecretStr(secret.decode())

    def discard(self, member_id: str, name: str) -> None:
        """Destroys one secret. Harmless when there is none."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM secrets WHERE member_id = ? AND name = ?", (member_id, name))

    def forget(self, member_id: str) -> None:
        """Destroys all secrets of a member."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM secrets WHERE member_id = ?", (member_id,))

    def rotate(self) -> int:
        """Seals everything under a new key and drops the old ones; gives how many secrets that were.

        Other processes may go on meanwhile. If it is killed in between, everything can still be opened; run it again.
        Raises VaultLocked, before anything was dropped, if there is a secret that cannot be opened.
        """
        with locked(self._lock_path):
            keys = read_keys(self._path).with_new_primary()
            write_keys(self._path, keys)
            with self._database.writing() as connection:
                count = _reseal(connection, keys)
                connection.execute("UPDATE vault_key SET number = ?", (keys.primary,))
            keys = keys.only_primary()
            write_keys(self._path, keys)
        with self._key_lock:
            self._keys = keys
        return count

    def _open(self) -> KeyRing:
        with locked(self._lock_path):
            with self._database.reading() as connection:
                number = _number(connection)
            if number is None and not self._path.exists():
                write_keys(self._path, KeyRing.new())
            keys = read_keys(self._path)
            if number is None:
                with self._database.writing() as connection:
                    connection.execute("INSERT INTO vault_key (only, number) VALUES (1, ?)", (keys.primary,))
            elif not keys.holds(number):
                raise self._wrong_key()
        return keys

    def _keys_with(self, number: int | None) -> KeyRing:
        """The keys, with the one of this number first; read again if a rotation has changed them."""
        with self._key_lock:
            if number != self._keys.primary:
                self._keys = read_keys(self._path)
            if number is None or not self._keys.holds(number):
                raise self._wrong_key()
            return self._keys

    def _wrong_key(self) -> VaultLocked:
        return VaultLocked(
            f"The vault's key {self._path} is not the one of {self._database.path}: put the two of one backup together."
        )


def _number(connection: Connection) -> int | None:
    row = connection.execute("SELECT number FROM vault_key").fetchone()
    return int(row[0]) if row else None


def _reseal(connection: Connection, keys: KeyRing) -> int:
    rows = connection.execute("SELECT member_id, name, sealed FROM secrets").fetchall()
    for member_id, name, sealed in rows:
        binding = bound_to(member_id, name)
        secret = keys.unseal(sealed, binding)
        if secret is None:
            raise VaultLocked(f"The secret {name} of member {member_id} cannot be opened: no key was dropped.")
        connection.execute(
            "UPDATE secrets SET sealed = ? WHERE member_id = ? AND name = ?",
            (keys.seal(secret, binding), member_id, name),
        )
    return len(rows)
