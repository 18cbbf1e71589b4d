"""The reading of log filters that other tests rest on."""

import pytest
from support.log_filters import entry_of, extracted, fits

LINE = {
    "severity": "WARNING",
    "time": "2026-11-22T17:00:00Z",
    "service": "timer",
    "message": 'swept "all"',
    "openings": 1,
    "late_s": None,
}
ENTRY = entry_of(LINE, "autotennis")


@pytest.mark.parametrize(
    ("query", "is_fit"),
    [
        ('resource.type="cloud_run_revision"', True),
        ('resource.labels.service_name=("autotennis-api" OR "autotennis-timer")', True),
        ('resource.labels.service_name=("autotennis-api" OR "autotennis-booker")', False),
        ('jsonPayload.message="swept \\"all\\"" AND jsonPayload.openings>0', True),
        ('jsonPayload.message="SWEPT \\"all\\""', True),
        ("jsonPayload.openings>1", False),
        ("jsonPayload.openings>=1 AND jsonPayload.openings<=1 AND jsonPayload.openings!=2", True),
        ("jsonPayload.late_s>=0", False),
        ("jsonPayload.no_such>=0", False),
        ("jsonPayload.message.deeper=1", False),
        ("severity>=INFO AND severity<ERROR", True),
        ("severity=CRITICAL", False),
        ('jsonPayload.message=~"^swe(pt|ep)"', True),
        ('log_id("run.googleapis.com/stderr")', True),
        ('log_id("run.googleapis.com/varlog/system")', False),
        ('jsonPayload.time="2026-11-22T17:00:00Z"', False),
    ],
)
def test_an_entry_fits_or_not(query: str, is_fit: bool) -> None:
    assert fits(query, ENTRY) is is_fit


@pytest.mark.parametrize(
    "query",
    ["", "jsonPayload.a=1 OR jsonPayload.b=2", "NOT jsonPayload.a=1", 'jsonPayload.a:"b"', "jsonPayload.a=1 AND"],
)
def test_what_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        fits(query, ENTRY)


def test_a_text_has_no_order() -> None:
    with pytest.raises(ValueError, match="compares a text"):
        fits('jsonPayload.message>"a"', ENTRY)


def test_a_field_is_extracted() -> None:
    assert extracted("EXTRACT(jsonPayload.openings)", ENTRY) == 1
    assert extracted("EXTRACT(jsonPayload.no_such)", ENTRY) is None
    with pytest.raises(ValueError, match="not understood"):
        extracted("REGEXP_EXTRACT(jsonPayload.message, '(s)')", ENTRY)
