"""Who may push events on one machine: whoever knows the installation's secret."""

import hmac

from pydantic import SecretStr


class SecretDoor:
    """The port Door."""

    def __init__(self, push_secret: SecretStr) -> None:
        self._expected = f"Bearer {push_secret.get_secret_value()}".encode()

    def admits(self, authorization: str) -> bool:
        """Whether the header bears the secret."""
        return hmac.compare_digest(authorization.encode("utf-8", "surrogateescape"), self._expected)
