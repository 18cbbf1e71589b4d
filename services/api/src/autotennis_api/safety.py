"""What is sent along with every page so that a browser keeps it safe."""

from typing import Final

from flask import Flask
from flask.wrappers import Response

# Pictures as data are those that the stylesheet draws its small signs with.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What pages could ask a browser for, and ours never do.
_NOTHING_OF_THE_DEVICE: Final = ", ".join(
    f"{one}=()"
    for one in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer",
        "microphone", "midi", "payment", "serial", "usb",
    )
)  # fmt: skip
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _NOTHING_OF_THE_DEVICE,
}
_TWO_YEARS: Final = "max-age=63072000; includeSubDomains"


def add_safety_headers(app: Flask, *, over_tls: bool) -> None:
    """Sends the headers with every answer of the application."""

    def add(answer: Response) -> Response:
        for name, value in _HEADERS.items():
            # A page may be stricter.
            answer.headers.setdefault(name, value)
        if over_tls:
            answer.headers["Strict-Transport-Security"] = _TWO_YEARS
        if "Cache-Control" not in answer.headers:
            # Pages are personal: nothing of them stays on a shared computer.
            answer.headers["Cache-Control"] = "no-store"
        answer.vary.update(("Cookie", "Accept-Language"))
        return answer

    app.after_request(add)
