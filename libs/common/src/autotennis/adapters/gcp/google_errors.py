"""What errors of Google's services say of themselves, whichever service it was."""


def passes(error: Exception) -> bool:
    """Whether the same call may succeed later: the service is away, overloaded, or its quota is used up for now."""
    from google.api_core import exceptions

    passing = (
        exceptions.ServerError,
        exceptions.Aborted,
        exceptions.Cancelled,
        exceptions.TooManyRequests,
        exceptions.RetryError,
    )
    # Google's authentication says of its own errors whether they pass.
    return isinstance(error, passing) or bool(getattr(error, "retryable", False))


def is_shut_out(error: Exception) -> bool:
    """Whether the service does not let this program in: its account, or what that may do, is to be mended."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    return isinstance(error, (exceptions.Forbidden, exceptions.Unauthorized, GoogleAuthError))
