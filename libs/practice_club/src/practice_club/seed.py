"""A plausible club to start with: invented members and a week of slots, the same for the same seed."""

import random
from collections.abc import Sequence
from datetime import time, timedelta

from pydantic import SecretStr

from practice_club.model import ClubModel
from practice_club.people import Member, Slot
from practice_club.session import Session
from practice_club.times import local_time
from practice_club.vocabulary import Kind, Level, Phase

MEMBERS = 60
FIRST_MEMBER_ID = 20_101
FIRST_TIMEID = 61
FIRST_NAMES = (
    "Åse", "Bjørnar", "Cathinka", "Dagfinn", "Eldbjørg", "Frøydis", "Gjermund", "Hallvard", "Ingvild", "Jørn",
    "Kjellaug", "Leidulf", "Målfrid", "Njål", "Oddrun", "Pål", "Ragnhild", "Sølve", "Torbjørg", "Øyvor",
)  # fmt: skip
LAST_NAMES = (
    "Fjellvåg", "Nøstebakk", "Tindelund", "Myrvassli", "Åkerheia", "Bringsås", "Duneskog", "Elvestø", "Gråberget",
    "Hjuløy", "Kvistad-Moe", "Lyngtveit", "Rødkleiv", "Skårnes", "Vinterdal",
)  # fmt: skip
TENNIS_HALL = "Nordhallen"
PADEL_HALL = "Blåfjell padelhall"
_ASCII = str.maketrans("æøåÆØÅ", "aoaAOA")
_WEEKDAY_LEVELS = (Level.N, Level.N_PLUS, Level.M, Level.M_PLUS, Level.E)


def invented_name(rng: random.Random) -> str:
    """A name that nobody bears."""
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def invented_email(name: str, member_id: int) -> str:
    """An address in a domain that cannot exist."""
    return f"{name.translate(_ASCII).lower().replace(' ', '.')}.{member_id}@practice.invalid"


def invented_pin(rng: random.Random) -> SecretStr:
    """Four digits, as the club's PINs were in 2017."""
    return SecretStr(f"{rng.randrange(10_000):04}")


def plausible_club(model: ClubModel, rng: random.Random, now_ns: int) -> None:
    """Fill an empty club with members and a week of slots, partly signed up for."""
    for member_id in range(FIRST_MEMBER_ID, FIRST_MEMBER_ID + MEMBERS):
        name = invented_name(rng)
        email, pin = invented_email(name, member_id), invented_pin(rng)
        model.add_member(Member(id=member_id, email=email, pin=pin, name=name, level=rng.choice(_WEEKDAY_LEVELS)))
    ids = list(model.members)
    for timeid, slot in enumerate(_week(rng, ids), start=FIRST_TIMEID):
        model.add_slot(slot.model_copy(update={"timeid": timeid}))
    for session in model.sessions_on(local_time(now_ns).date(), 9):
        _some_life(model, session, rng, now_ns)


def _week(rng: random.Random, ids: Sequence[int]) -> list[Slot]:
    slots: list[Slot] = []
    for weekday in range(5):
        for index, hour in enumerate((8, 15, 16, 19, 20)):
            level = _WEEKDAY_LEVELS[(weekday + index) % 5]
            slots.append(_tennis(rng, ids, weekday, hour).model_copy(update={"level": level}))
        update = {"kind": Kind.PADEL, "level": Level.P, "place": PADEL_HALL, "court": "Bane 1", "regulars": ()}
        slots.append(_tennis(rng, ids, weekday, 18).model_copy(update=update))
    slots.append(_tennis(rng, ids, 3, 22).model_copy(update={"level": Level.D, "capacity": 6}))
    coached = {"level": Level.N, "coach": "Målfrid Skårnes", "theme": "Slag på nett og volley på høyre side"}
    slots.append(_tennis(rng, ids, 4, 9).model_copy(update=coached))
    for weekday in (5, 6):
        for hour in (10, 12, 14):
            update = {"kind": Kind.DROP_IN, "regulars": (), "capacity": 8, "level": rng.choice(_WEEKDAY_LEVELS)}
            slots.append(_tennis(rng, ids, weekday, hour).model_copy(update=update))
    return slots


def _tennis(rng: random.Random, ids: Sequence[int], weekday: int, hour: int) -> Slot:
    regulars: list[int | None] = [*rng.sample(ids, 4)]
    if rng.random() < 0.3:
        regulars[-1] = None
    court = f"Bane {rng.randint(1, 4)}"
    return Slot(timeid=1, weekday=weekday, at=time(hour), place=TENNIS_HALL, court=court, regulars=tuple(regulars))


def _some_life(model: ClubModel, session: Session, rng: random.Random, now_ns: int) -> None:
    """Regulars who have answered, and substitutes, as far as the session's life has come; not part of the record."""
    phase = session.phase(now_ns, model.rules)
    if phase is Phase.EARLY:
        return
    for member_id in session.slot.regulars:
        answer = rng.random()
        if member_id is not None and answer < 0.7:
            session.said[member_id] = answer < 0.55
    for member_id in rng.sample(list(model.members), rng.randint(0, 3) if phase is not Phase.CONFIRMING else 0):
        if not session.is_regular(member_id) and session.unclaimed() > 0:
            session.substitutes[member_id] = now_ns - round(timedelta(hours=1).total_seconds() * 1e9)
