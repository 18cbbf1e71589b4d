"""Only one process at a time may bear an instance's name, since it takes up what its predecessor held."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from autotennis.adapters.local.files import Occupied
from autotennis.settings import Settings
from autotennis.wiring import open_ports


def named(directory: Path, instance: str) -> Settings:
    return Settings(data_dir=directory, push_secret=SecretStr("a secret of the bus"), instance=instance)


def test_a_name_is_borne_by_one_at_a_time(tmp_path: Path) -> None:
    with open_ports(named(tmp_path, "booker")):
        with pytest.raises(Occupied), open_ports(named(tmp_path, "booker")):
            pass
        with open_ports(named(tmp_path, "another")), open_ports(named(tmp_path, "")), open_ports(named(tmp_path, "")):
            pass
    with open_ports(named(tmp_path, "booker")):
        pass
