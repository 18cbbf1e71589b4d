"""Links that let in whoever has them: only a hash of their secret part is kept."""

import hashlib
import hmac


def fingerprint(secret: str) -> str:
    """What is kept of a link's secret part. The secret has to be a random one: of a short word this would tell."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def is_of(secret: str, kept: str) -> bool:
    """Whether this is the secret of which that was kept; it takes as long for a wrong one."""
    return hmac.compare_digest(fingerprint(secret).encode(), kept.encode())
