"""The list of services that messages may go to is Apprise's own, less those that were refused for a reason."""

import pytest
from apprise import Apprise

from autotennis.domain.receivers import APPRISE_SCHEMES

# A newer Apprise may know more: whoever upgrades decides about each of those.
REFUSED = {
    "into this machine": {"dbus", "kde", "qt", "gio", "glib", "gnome", "macosx", "windows", "syslog", "blink1"},
    "files of this machine": {"fcm", "workflow", "workflows", "vapid"},
    "sockets of their own": {
        "amqp", "amqps", "aprs", "deltachat", "deltachats", "growl", "irc", "ircs", "mailto", "mailtos", "mqtt",
        "mqtts", "nostr", "rsyslog", "session", "sessions", "smpp", "smpps", "sogs", "xmpp", "xmpps",
    },
    "anything to anybody": {"apprise", "apprises", "form", "forms", "json", "jsons", "xml", "xmls"},
}  # fmt: skip


# Apprise looks whether it could use a library that Python 3.13 does without.
@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")
def test_every_service_of_apprise_is_either_used_or_refused() -> None:
    known: set[str] = set()
    for service in Apprise().details(show_disabled=True)["schemas"]:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] (half typed)
        known |= {*(service["protocols"] or ()), *(service["secure_protocols"] or ())}  # pyright: ignore[reportUnknownArgumentType] (the same)
    refused = set[str]().union(*REFUSED.values())
    assert known >= {"tgram", "slack", "discord", "ntfy"}
    assert APPRISE_SCHEMES & refused == set()
    assert known - refused == APPRISE_SCHEMES
