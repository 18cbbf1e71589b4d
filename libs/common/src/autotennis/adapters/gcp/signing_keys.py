"""The public keys with which an issuer's tokens are verified, fetched seldom."""

import threading
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPException
from typing import Any, Final
from urllib.request import urlopen

import jwt
import structlog
from pydantic import BaseModel

from autotennis.ports import Clock

# Google signs with nothing else.
ALGORITHM: Final = "RS256"
# Google announces a new key for hours before it signs with it.
_FRESH_S: Final = 3600.0
# A key that is not known is asked for, but not by everybody who makes up a name.
_PAUSE_S: Final = 60.0
# As long as there are no keys at all nothing can come in: then the next try is sooner.
_PAUSE_WITHOUT_KEYS_S: Final = 5.0
_TIMEOUT_S: Final = 3.0
_LARGEST_BYTES: Final = 100_000
_log = structlog.get_logger()


class _KeySet(BaseModel):
    keys: list[dict[str, Any]]


class SigningKeys:
    """The keys at `url`, a JSON Web Key Set (RFC 7517). Safe from many threads.

    They are fetched on first use and once an hour; for a name that is not among them also, but at most once a minute.
    While nobody answers there, the known ones go on being used.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetching = threading.Lock()
        self._fetched_s: float | None = None
        self._tried_s: float | None = None

    def key(self, name: str) -> jwt.PyJWK | None:
        """The key of this name (`kid`) for RS256; None if the issuer has none, or none was to be had."""
        known = self._keys.get(name)
        if known is not None and self._is_within(_FRESH_S, self._fetched_s):
            return known
        # Who has a key waits for nobody.
        if self._fetching.acquire(blocking=known is None):
            try:
                self._renew(name)
            finally:
                self._fetching.release()
        return self._keys.get(name)

    def _renew(self, name: str) -> None:
        if name in self._keys and self._is_within(_FRESH_S, self._fetched_s):
            return  # somebody else has fetched them meanwhile
        if self._is_within(_PAUSE_S if self._keys else _PAUSE_WITHOUT_KEYS_S, self._tried_s):
            return
        self._tried_s = self._clock.monotonic_s()
        try:
            self._keys = _keys_in(_fetched(self._url))
            self._fetched_s = self._tried_s
        except (OSError, HTTPException, ValueError, jwt.PyJWTError) as error:
            _log.warning("the keys of who may push are not to be had", url=self._url, reason=type(error).__name__)

    def _is_within(self, duration_s: float, since_s: float | None) -> bool:
        return since_s is not None and self._clock.monotonic_s() - since_s < duration_s


def _fetched(url: str) -> bytes:
    with closing(urlopen(url, timeout=_TIMEOUT_S)) as answer:  # noqa: S310 (the operator's own setting)
        return answer.read(_LARGEST_BYTES)


def _keys_in(document: bytes) -> Mapping[str, jwt.PyJWK]:
    """Those of the keys that sign as Google does, by name. Raises ValueError or PyJWTError if there are none."""
    keys = jwt.PyJWKSet(_KeySet.model_validate_json(document).keys)
    found = {key.key_id: key for key in keys if key.key_id and _signs(key)}
    if not found:
        raise ValueError("There is no key that could have signed a token for us.")
    return found


def _signs(key: jwt.PyJWK) -> bool:
    return key.algorithm_name == ALGORITHM and key.public_key_use in {"sig", None}
