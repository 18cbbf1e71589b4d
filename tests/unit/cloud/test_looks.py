"""When a new version is well."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from autotennis_cloud.smoke import DOCUMENT, SIGN_IN, Seen, complaints
from autotennis_cloud.watching import errors_in, log_filter

SAFE = (
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "strict-transport-security",
)
PAGE = Seen(200, dict.fromkeys(SAFE, "set"), "<html><form></form></html>")
DOCUMENTED = Seen(200, {}, json.dumps({"openapi": "3.1.0"}))


def test_a_sign_in_page_with_its_headers_and_a_document_is_well() -> None:
    """Nothing else is asked of it."""
    assert complaints({SIGN_IN: PAGE, DOCUMENT: DOCUMENTED}) == []


@pytest.mark.parametrize("header", SAFE)
def test_each_header_is_missed(header: str) -> None:
    """A proxy or a wrong setting may have taken it away."""
    left = {name: value for name, value in PAGE.headers.items() if name != header}
    (said,) = complaints({SIGN_IN: replace(PAGE, headers=left), DOCUMENT: DOCUMENTED})
    assert header in said.lower()


@pytest.mark.parametrize(
    ("page", "document", "said"),
    [
        (Seen(503, {}, ""), DOCUMENTED, "/sign-in is no sign-in page: it answered 503"),
        (Seen(0, {}, "refused"), DOCUMENTED, "not at all (refused)"),
        (replace(PAGE, body="<html>Welcome</html>"), DOCUMENTED, "/sign-in is no sign-in page: it answered 200"),
        (PAGE, Seen(200, {}, "<html>"), "/api/v1/openapi.json is no API document: it answered 200"),
        (PAGE, Seen(404, {}, '{"openapi": "3.1.0"}'), "it answered 404"),
    ],
)
def test_what_is_wrong_is_said(page: Seen, document: Seen, said: str) -> None:
    """With what it answered."""
    (found,) = complaints({SIGN_IN: page, DOCUMENT: document})
    assert said in found


def test_three_errors_in_the_log_are_too_many() -> None:
    """One or two may be the cloud's own."""
    entries = [{"jsonPayload": {"message": f"event {number} failed"}} for number in range(3)]
    assert errors_in(entries[:2]) == []
    assert errors_in(entries) == ["3 errors were logged, such as: event 0 failed | event 1 failed | event 2 failed"]


def test_only_the_new_revisions_errors_since_then_are_read() -> None:
    """Those of the ones before are old news."""
    began = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert log_filter(["b-2", "a-2"], began) == (
        'resource.type="cloud_run_revision" severity>=ERROR timestamp>="2026-11-01T12:00:00Z" '
        'resource.labels.revision_name=("a-2" OR "b-2")'
    )
