"""Every setting of every service is described, and a bad value of each is named when it is read."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from autotennis.described_settings import Described, all_described, described
from autotennis.errors import BadSettings
from autotennis.flow import Service
from autotennis.settings import Backend, Settings, read_settings
from autotennis_local.every_settings import KINDS, EverySettings

SECRET = "a secret of forty characters or thereabouts"
# What is needed at least, so that nothing else is wrong.
ENOUGH = {"PUSH_SECRET": SECRET, "SESSION_SECRET": SECRET, "LINK_SECRET": SECRET, "MAIL_FROM": "club@example.org"}
# A value of each setting that no installation can mean, but of those where any text is good.
BAD: Mapping[str, str] = {
    "backend": "abacus",
    "clubs": '[{"id": "c", "name": "C", "base_url": "nowhere"}]',
    "contact": "line\nbreak",
    "push_secret": "short-word",
    "instance": "no spaces",
    "port": "70000",
    "log_level": "LOUD",
    "metrics_secret": "short-word",
    "otlp_endpoint": "collector",
    "gcp_project": "Not A Project",
    "gcp_region": "the north",
    "gcp_kms_key": "the-key-itself",
    "gcp_push_account": "the pusher",
    "gcp_push_keys_url": "keys",
    "gcp_database": "No",
    "gcp_prefix": "9",
    "public_url": "book.example.org",
    "link_secret": "short-word",
    "mail_from": "the club",
    "vapid_private_key": "short-word",
    "session_secret": "short-word",
    "vapid_public_key": "short-word",
    "proxies": "9",
    "services": '{"gardener": "http://127.0.0.1:1"}',
    "checks_before_h": "soon",
    "checks_spread_min": "1e9",
    "deadman_url": "ftp://short-word.example",
    "smtp_url": "https://short-word.example",
}
# Of those that are no text.
BAD_BY_TYPE: Mapping[Any, str] = {bool: "perhaps", int: "-1", float: "-1"}
ANY_TEXT = {"data_dir", "host", "gcp_push_audience", "gcp_push_issuer", "gcp_scheduler_host", "gcp_kms_host"}


def each() -> Iterator[tuple[Service, type[Settings], str]]:
    for service, kind in KINDS.items():
        for name in kind.model_fields:
            if name not in ANY_TEXT:
                yield service, kind, name


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENOUGH.items():
        monkeypatch.setenv(f"AUTOTENNIS_{name}", value)


@pytest.mark.parametrize(("service", "kind", "name"), [pytest.param(*one, id=f"{one[0]}-{one[2]}") for one in each()])
def test_a_bad_value_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, service: Service, kind: type[Settings], name: str
) -> None:
    variable = f"AUTOTENNIS_{name.upper()}"
    monkeypatch.setenv(variable, BAD.get(name) or BAD_BY_TYPE[kind.model_fields[name].annotation])
    for one in (kind, EverySettings):
        with pytest.raises(BadSettings, match=variable) as wrong:
            read_settings(one)
        assert "short-word" not in str(wrong.value)


@pytest.mark.parametrize(
    "name", [name for kind in KINDS.values() for name in ("clubs", "services") if name in kind.model_fields]
)
def test_what_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"AUTOTENNIS_{name.upper()}", "{")
    with pytest.raises(BadSettings, match=f"AUTOTENNIS_{name.upper()}: its value is not JSON"):
        read_settings(EverySettings)


def test_a_pattern_is_told_by_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOTENNIS_GCP_REGION", "the north")
    with pytest.raises(BadSettings, match="it has to be such as europe-north1"):
        read_settings(EverySettings)


def test_a_missing_one_is_told_by_its_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOTENNIS_SESSION_SECRET")
    with pytest.raises(BadSettings, match="AUTOTENNIS_SESSION_SECRET: it is missing"):
        read_settings(EverySettings)


def _of(name: str) -> list[Described]:
    return [one for one in all_described(KINDS) if one.name == name]


def test_every_setting_says_what_it_means() -> None:
    assert [one.variable for one in all_described(KINDS) if not one.meaning.endswith(".")] == []
    assert EverySettings.model_fields.keys() == {one.name for one in all_described(KINDS)}


def test_what_all_share_stands_there_once_and_what_differs_apart() -> None:
    (contact,) = _of("contact")
    assert contact.services == tuple(KINDS)
    assert {one.services: one.is_required for one in _of("link_secret")} == {("api",): True, ("notifier",): False}


def test_each_is_described_as_it_is_read() -> None:
    (threads,), (smtp,), (canary,) = _of("threads"), _of("smtp_url"), _of("canary")
    assert (threads.default, threads.allowed, threads.services) == ("16", "whole number from 1 up to 200", ("api",))
    assert (smtp.is_secret, smtp.default, smtp.services, smtp.is_given) == (True, "", ("notifier",), False)
    assert (canary.default, canary.allowed) == ("true", "true or false")
    (backend,), (data_dir,), (region,) = _of("backend"), _of("data_dir"), _of("gcp_region")
    assert (backend.allowed, backend.default) == ("local or gcp", "local")
    assert (data_dir.families, region.families) == ((Backend.LOCAL,), (Backend.GCP,))
    assert {one.name for one in described(Service.WAITLIST, Settings)} == set(Settings.model_fields)


def test_only_who_sends_mail_knows_its_password() -> None:
    secrets = {
        service: {one.name for one in described(service, kind) if one.is_secret} for service, kind in KINDS.items()
    }
    assert secrets[Service.BOOKER] == secrets[Service.WAITLIST] == {"push_secret", "metrics_secret"}
    assert secrets[Service.TIMER] - secrets[Service.BOOKER] == {"deadman_url"}
    assert "smtp_url" not in secrets[Service.API]
