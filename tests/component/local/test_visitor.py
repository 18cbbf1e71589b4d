"""The visitor that is a program: it finds its way through the pages by their forms, as a person does."""

import asyncio
from pathlib import Path

from pydantic import SecretStr
from support.api_site import PASSWORD, PIN, api_settings, club_beside, offer, served

from autotennis.values import Party
from autotennis.wiring import open_ports
from autotennis_local.visitor import Person, visiting
from practice_club.orders import NewSession


async def test_friends_book_together_and_one_answers_when_asked(tmp_path: Path) -> None:
    with club_beside() as club:
        settings = api_settings(tmp_path, club.rules())
        emails = [club.add_member(f"venn{number}@example.org").email for number in range(2)]
        people = [Person(email, SecretStr(PIN), SecretStr(PASSWORD)) for email in emails]
        _, link = club.add_session(NewSession(opens_in_s=86_400))
        with served(settings) as address, open_ports(settings) as ports:
            async with visiting(address) as berit, visiting(address) as kari:
                await berit.let_in(people[0])
                await kari.let_in(people[1])
                await kari.join(await berit.found_group("Tuesday doubles", "Berit"), "Kari")
                others = await berit.companions(link)
                assert set(others) == {"Kari"}
                booking_id = await berit.book(link, together=list(others.values()), ask="15")
                booking = ports.store.booking(booking_id)
                assert isinstance(booking.bond, Party)
                assert len(ports.store.bound(booking.bond.id)) == 2
                await asyncio.to_thread(offer, ports, booking_id)
                await berit.answer(booking_id, wants_it=True)
                kept = ports.store.booking(booking_id).offer
                assert kept is not None
                assert kept.accepted is True
