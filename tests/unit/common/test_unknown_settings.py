"""What looks like a setting and is none is told, with the one that is meant."""

import pytest

from autotennis.flow import Service
from autotennis.unknown_settings import unknown
from autotennis_local.every_settings import not_for, unknown_here

KNOWN = ("AUTOTENNIS_CONTACT", "AUTOTENNIS_CHECKS_BEFORE_H")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("AUTOTENNIS_CONTCAT", "AUTOTENNIS_CONTACT"),
        ("AUTOTENNIS_CHECK_BEFORE_H", "AUTOTENNIS_CHECKS_BEFORE_H"),
        ("autotennis_contakt", "AUTOTENNIS_CONTACT"),
        ("AUTOTENNIS_QWERTY", ""),
    ],
)
def test_a_misspelt_one_is_told(variable: str, meant: str) -> None:
    (found,) = unknown(["PATH", variable, *KNOWN], KNOWN)
    assert (found.variable, found.meant) == (variable, meant)
    assert variable in str(found)
    assert meant in str(found)


def test_what_is_read_by_somebody_is_not() -> None:
    given = ["AUTOTENNIS_CONTACT", "autotennis_contact", "AUTOTENNIS_LOGIN", "HOME"]
    assert unknown(given, KNOWN) == []
    assert unknown_here(["AUTOTENNIS_SMTP_URL", "AUTOTENNIS_DEADMAN_URL", "AUTOTENNIS_ENDPOINTS"]) == []
    assert [one.meant for one in unknown_here(["AUTOTENNIS_SMPT_URL"])] == ["AUTOTENNIS_SMTP_URL"]


def test_a_service_is_not_told_the_secrets_of_others() -> None:
    given = ["AUTOTENNIS_SMTP_URL", "AUTOTENNIS_SESSION_SECRET", "AUTOTENNIS_DEADMAN_URL", "AUTOTENNIS_CLUBS", "PATH"]
    assert not_for(Service.BOOKER, given) == tuple(sorted(given[:3]))
    assert not_for(Service.NOTIFIER, given) == ("AUTOTENNIS_DEADMAN_URL", "AUTOTENNIS_SESSION_SECRET")
    assert "AUTOTENNIS_SMTP_URL" in not_for(Service.API, given)
