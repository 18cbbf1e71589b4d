"""The key by which browsers' push services know who may push to a member: its public half, which browsers are given."""

import base64
from functools import lru_cache

from autotennis_api.settings import ApiSettings


def public_key(settings: ApiSettings) -> str:
    """The public key (P-256, an uncompressed point in base64url); empty where there is no web push."""
    private = settings.vapid_private_key.get_secret_value()
    return settings.vapid_public_key or (_public_of(private) if private else "")


@lru_cache(maxsize=4)
def _public_of(private: str) -> str:
    # Here, because only a page that offers web push needs it.
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = derive_private_key(int.from_bytes(base64.urlsafe_b64decode(private + "=")), SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
