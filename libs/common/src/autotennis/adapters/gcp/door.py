"""Who may push events in the cloud: whoever shows an OIDC token of ours, signed by the issuer (mostly Google).

Google's rules: https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions. A token is a JSON Web Token signed
with RS256; its `aud` and `email` are what the push subscription was made with.
"""

from typing import Annotated, Any, Final

import jwt
import structlog
from jwt.types import Options
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from autotennis.adapters.gcp.place import Pusher
from autotennis.adapters.gcp.signing_keys import ALGORITHM, SigningKeys
from autotennis.ports import Clock

_SCHEME: Final = "bearer"
# What Cloud Run puts in place of a signature that it has checked itself.
_TAKEN_OFF: Final = "SIGNATURE_REMOVED_BY_GOOGLE"
# How far the issuer's clock may be from ours.
_LEEWAY_S: Final = 30.0
_ONLY_SIGNATURE: Final[Options] = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_Timestamp = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_log = structlog.get_logger()


class _Refused(Exception):
    """The text says why, and repeats nothing of the token."""


class _Claims(BaseModel):
    """What a token says: times in seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    iss: StrictStr
    aud: StrictStr
    email: StrictStr
    email_verified: StrictBool
    iat: _Timestamp
    exp: _Timestamp
    nbf: _Timestamp | None = None


class GcpDoor:
    """The port Door. Asks for the issuer's keys when it needs them, seldom, and for seconds at most."""

    def __init__(self, pusher: Pusher, clock: Clock) -> None:
        self._pusher = pusher
        self._clock = clock
        self._keys = SigningKeys(pusher.keys_url, clock)
        # Google signs its tokens in its name with and without the scheme.
        self._issuers = {pusher.issuer, pusher.issuer.removeprefix("https://")}

    def admits(self, authorization: str) -> bool:
        """Whether the header bears a token with which our bus pushes to us; the log says why one does not."""
        try:
            self._check(_claims_in(self._verified(authorization)))
        except _Refused as refusal:
            _log.warning("push refused", reason=str(refusal))
            return False
        return True

    def _verified(self, authorization: str) -> Any:
        """What the token says, once its signature is known to be the issuer's."""
        token = _token_in(authorization)
        if token.endswith(_TAKEN_OFF):
            raise _Refused("Cloud Run took the signature off its token: turn the service's check of invokers off")
        try:
            header = jwt.get_unverified_header(token)
            if header["alg"] != ALGORITHM:
                raise _Refused(f"its token is not signed with {ALGORITHM}")
            key = self._keys.key(header["kid"])
            if key is None:
                raise _Refused("its token is signed with a key that is not known as the issuer's")
            # What it says is checked here: by our clock, and each claim by its exact type.
            return jwt.decode(token, key, algorithms=[ALGORITHM], options=_ONLY_SIGNATURE)
        except (jwt.PyJWTError, KeyError, ValueError, RecursionError) as error:
            raise _Refused(f"its token is damaged or forged: {type(error).__name__}") from None

    def _check(self, claims: _Claims) -> None:
        now_s = self._clock.now().timestamp()
        if claims.exp <= now_s - _LEEWAY_S:
            raise _Refused("its token has expired")
        if max(claims.iat, claims.nbf or claims.iat) > now_s + _LEEWAY_S:
            raise _Refused("its token is not valid yet")
        if claims.iss not in self._issuers:
            raise _Refused("its token names another issuer")
        if claims.aud != self._pusher.audience:
            raise _Refused("its token was made for another audience")
        if claims.email != self._pusher.account or not claims.email_verified:
            raise _Refused("its token is of another account, or of one whose address is not verified")


def _token_in(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != _SCHEME or not token:
        raise _Refused("it shows no bearer token")
    if not token.isascii():
        raise _Refused("its token is damaged")
    return token


def _claims_in(said: Any) -> _Claims:
    try:
        return _Claims.model_validate(said)
    except ValidationError as error:
        wrong = ", ".join(str(one["loc"][0]) for one in error.errors(include_input=False) if one["loc"])
        raise _Refused(f"its token lacks claims, or they are malformed: {wrong}") from None
