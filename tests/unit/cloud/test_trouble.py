"""What a failed command tells a person."""

import pytest
from pydantic import SecretStr

from autotennis_cloud.installation import Installation
from autotennis_cloud.secret_values import version_step
from autotennis_cloud.trouble import CloudTrouble, NotThere, explained, missing

INSTALLATION = Installation(project="our-club", contact="me")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: You do not currently have an active account selected.", "gcloud auth login"),
        ("ERROR: Reauthentication failed. cannot prompt during non-interactive execution.", "gcloud auth login"),
        ("ERROR: PERMISSION_DENIED: Permission 'run.services.list' denied", "This account may not do that"),
        ("Error: googleapi: Error 403: Billing account for project '1' is not found.", "has no billing account"),
        ("ERROR: RESOURCE_EXHAUSTED: Quota exceeded for quota metric", "Google's quota is used up"),
        ("ERROR: Unable to connect to the server", "cannot be reached"),
        ("Error: Error acquiring the state lock", "terraform force-unlock"),
    ],
)
def test_known_troubles_come_with_what_to_do(said: str, advice: str) -> None:
    """And with what was said, and by which command."""
    trouble = str(explained("gcloud run services list", said))
    assert advice in trouble
    assert said in trouble
    assert "gcloud run services list" in trouble


def test_what_does_not_exist_is_told_apart() -> None:
    """Before the first deployment hardly anything does."""
    assert isinstance(explained("x", "ERROR: SERVICE_DISABLED: Cloud Run API has not been used in project"), NotThere)
    assert isinstance(explained("x", "ERROR: gs://b not found: 404."), NotThere)
    assert not isinstance(explained("x", "ERROR: something else"), NotThere)


def test_a_program_that_is_missing_is_named_with_where_to_get_it() -> None:
    """Both are Google's and HashiCorp's own pages."""
    assert isinstance(missing("gcloud"), CloudTrouble)
    assert "https://cloud.google.com/sdk" in str(missing("gcloud"))


def test_a_secrets_value_is_in_no_command() -> None:
    """It goes to standard input."""
    step = version_step(INSTALLATION, "smtp-url", SecretStr("smtps://me:hidden@x"), "what was typed")
    assert "hidden" not in repr(step)
    assert step.shown().endswith("--quiet --format=json < (what was typed)")
