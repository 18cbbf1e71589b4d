# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's client is typed by halves and grpc not at all; this is the only file that touches them for keys)
"""The installation's key in Cloud KMS: it never leaves there, so that what it wraps is unwrapped nowhere else."""

from typing import TYPE_CHECKING, Any, Final

from autotennis.adapters.gcp.google_errors import is_shut_out
from autotennis.adapters.gcp.lazily import Lazily
from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.place import Place
from autotennis.errors import AutotennisError, StoreBusy, VaultLocked

if TYPE_CHECKING:
    from google.cloud.kms_v1 import KeyManagementServiceClient

_CALL_S: Final = 5.0


class MasterKey:
    """The key of a place. Google's client is imported and made on first use. Safe from many threads."""

    def __init__(self, place: Place, meter: Meter) -> None:
        self._name = place.kms_key
        self._meter = meter
        self._client = Lazily(lambda: _connect(place.kms_host), _end)

    def wrap(self, plain: bytes, bound_to: bytes) -> bytes:
        """Encrypts with the key's primary version; only who names the same `bound_to` can unwrap it.

        It was unwrapped again before this returns, so that nothing gets lost that came through damaged. Raises
        VaultLocked, StoreBusy.
        """
        request = {"name": self._name, "plaintext": plain, "additional_authenticated_data": bound_to}
        wrapped = bytes(self._call("encrypt", request).ciphertext)
        if self.unwrap(wrapped, bound_to) != plain:
            raise StoreBusy("Cloud KMS gave back something else than it was given.")
        return wrapped

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """Decrypts what any enabled version of the key has wrapped. Raises VaultLocked, StoreBusy."""
        request = {"name": self._name, "ciphertext": wrapped, "additional_authenticated_data": bound_to}
        return bytes(self._call("decrypt", request).plaintext)

    def close(self) -> None:
        """Closes the connection. Harmless when there is none."""
        self._client.close()

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        self._meter.count(Use.KEY_CALLS)
        try:
            return getattr(self._client.get(), method)(request=request, retry=None, timeout=_CALL_S)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise self._meaning(error) from None

    def _meaning(self, error: Exception) -> AutotennisError:
        from google.api_core import exceptions

        what = type(error).__name__
        if isinstance(error, exceptions.FailedPrecondition):
            return VaultLocked(f"A version of the vault's key {self._name} is disabled or destroyed: enable it again.")
        if isinstance(error, exceptions.NotFound):
            return VaultLocked(f"Cloud KMS knows no key {self._name}: make it, or put its right name in the settings.")
        if is_shut_out(error):
            return VaultLocked(
                f"Cloud KMS does not let this program use the vault's key {self._name} ({what}): give its account "
                "roles/cloudkms.cryptoKeyEncrypterDecrypter on it."
            )
        if isinstance(error, exceptions.InvalidArgument):
            return VaultLocked(
                f"Cloud KMS does not open the vault's keys with {self._name}: they were sealed with another key, or "
                "changed since."
            )
        # Whatever else it is, a booking should rather wait for its end than be given up.
        return StoreBusy(f"Cloud KMS does not answer as it should ({what}).")


def _connect(host: str) -> "KeyManagementServiceClient":
    from google.cloud.kms_v1 import KeyManagementServiceClient

    if not host:
        return KeyManagementServiceClient()
    import grpc
    from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcTransport

    return KeyManagementServiceClient(transport=KeyManagementServiceGrpcTransport(channel=grpc.insecure_channel(host)))


def _end(client: "KeyManagementServiceClient") -> None:
    client.transport.close()
