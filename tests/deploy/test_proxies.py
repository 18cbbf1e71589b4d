"""The examples of web servers with TLS in front, run for real: members sign in through them, by TLS only."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest
from support.certificates import Certificate, certificate_in
from support.tools import needed
from support.waiting import eventually
from support.whole_system import PERSON, whole_system_with_club

from autotennis_local.network import any_port
from autotennis_local.visitor import PageRefused, Visitor, visiting

PROXIES = Path(__file__).parents[2] / "deploy" / "machine" / "proxies"
# What a distribution's own file says around the example.
AROUND = """
daemon off;
pid {room}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {room}; proxy_temp_path {room}; fastcgi_temp_path {room};
    uwsgi_temp_path {room}; scgi_temp_path {room};
    {example}
}}
"""


@contextmanager
def nginx(room: Path, pages: str, port: int, certificate: Certificate) -> Generator[None]:
    """nginx with the example, in which a reader has put their own name, certificate and ports."""
    example = (PROXIES / "nginx.conf").read_text()
    for ours, theirs in (
        ("http://127.0.0.1:8080", pages),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{any_port('127.0.0.1', (port,))}"),
        ("book.example.org;", "localhost;"),
        ("/etc/letsencrypt/live/book.example.org/fullchain.pem", str(certificate.certificate)),
        ("/etc/letsencrypt/live/book.example.org/privkey.pem", str(certificate.key)),
    ):
        assert ours in example
        example = example.replace(ours, theirs)
    config = room / "nginx.conf"
    config.write_text(AROUND.format(room=room, example=example))
    program = shutil.which("nginx")
    assert program
    with (room / "nginx.err").open("wb") as errors:
        process = subprocess.Popen([program, "-c", str(config), "-e", "stderr"], stderr=errors)  # noqa: S603 (nginx)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@needed("nginx")
async def test_members_sign_in_through_nginx(tmp_path: Path) -> None:
    certificate = certificate_in(tmp_path)
    port = any_port("127.0.0.1")
    public = f"https://localhost:{port}"
    told = {"AUTOTENNIS_PROXIES": "1", "AUTOTENNIS_PUBLIC_URL": public}
    trusted = ssl.create_default_context(cafile=certificate.certificate)
    async with whole_system_with_club(tmp_path / "data", told=told) as whole:
        whole.member(PERSON)
        with nginx(tmp_path, whole.system.api_url, port, certificate):
            await eventually((tmp_path / "nginx.pid").exists, "nginx runs", within_s=60)
            jar = aiohttp.CookieJar()
            connector = aiohttp.TCPConnector(ssl=trusted)
            # A browser says from which page a form comes; by TLS it has to.
            told_from = {"Referer": f"{public}/"}
            async with aiohttp.ClientSession(public, cookie_jar=jar, connector=connector, headers=told_from) as session:
                await Visitor(session).let_in(PERSON)
                assert [cookie.key for cookie in jar if not cookie["secure"]] == []
                assert len(jar) > 0
                async with session.get("/settings") as page:
                    assert page.status == HTTPStatus.OK
                    assert "Strict-Transport-Security" in page.headers
        # Without TLS the browser does not send its cookie back, so that the form is refused.
        async with visiting(whole.system.api_url) as visitor:
            with pytest.raises(PageRefused):
                await visitor.let_in(PERSON)


@needed("caddy")
def test_caddy_understands_its_example(tmp_path: Path) -> None:
    program = shutil.which("caddy")
    assert program
    command = [program, "validate", "--config", str(PROXIES / "Caddyfile"), "--adapter", "caddyfile"]
    homes = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(  # noqa: S603 (caddy)
        command, capture_output=True, text=True, env={**os.environ, **homes}, check=False
    )
    assert done.returncode == 0, done.stderr
