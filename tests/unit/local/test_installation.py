"""The secrets that an installation makes for itself."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from autotennis.adapters.system import SystemIds
from autotennis.errors import BadSettings
from autotennis.settings import read_settings
from autotennis_local.installation import Secrets, secrets_of
from autotennis_notifier.settings import NotifierSettings


def _kept(directory: Path) -> dict[str, str]:
    return json.loads((directory / "secrets.json").read_text())


def test_they_are_made_once_each_its_own_and_for_the_owners_eyes(tmp_path: Path) -> None:
    first, again = secrets_of(tmp_path, SystemIds()), secrets_of(tmp_path, SystemIds())
    assert first == again
    kept = _kept(tmp_path)
    assert kept.keys() == set(Secrets.model_fields)
    assert len(set(kept.values())) == len(kept)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_what_an_earlier_version_made_stays_and_the_rest_is_added(tmp_path: Path) -> None:
    earlier = {"push_secret": "p" * 40, "session_secret": "s" * 40}
    (tmp_path / "secrets.json").write_text(json.dumps(earlier))
    secrets = secrets_of(tmp_path, SystemIds())
    assert secrets.session_secret.get_secret_value() == "s" * 40
    assert _kept(tmp_path).keys() == set(Secrets.model_fields)
    assert {name: _kept(tmp_path)[name] for name in earlier} == earlier
    assert secrets_of(tmp_path, SystemIds()) == secrets
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damaged", ["", "[]", '{"push_secret": 7}', '{"push_secret": "short"}', "{"])
def test_damaged_ones_are_named_and_left_as_they_are(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "secrets.json").write_text(damaged)
    with pytest.raises(BadSettings, match=r"secrets\.json is damaged"):
        secrets_of(tmp_path, SystemIds())
    assert (tmp_path / "secrets.json").read_text() == damaged


def test_browsers_push_services_take_the_key(tmp_path: Path) -> None:
    key = secrets_of(tmp_path, SystemIds()).vapid_private_key.get_secret_value()
    number = int.from_bytes(base64.urlsafe_b64decode(key + "="))
    assert derive_private_key(number, SECP256R1()).private_numbers().private_value == number
    settings = {"push_secret": "p" * 16, "vapid_private_key": key}
    assert read_settings(NotifierSettings, **settings).vapid_private_key.get_secret_value() == key
