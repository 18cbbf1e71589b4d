"""The control and report API: JSON under /control, outside the club's site, its delays and its troubles."""

import hmac
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from practice_club.club import PracticeClub
from practice_club.knobs import Knobs
from practice_club.model import SessionKey
from practice_club.orders import ClockOrder, EndSlot, ExpireLogins, NewMember, NewPin, NewSession, PlaceOrder
from practice_club.people import Member, Slot
from practice_club.report import session_facts
from practice_club.session import Session
from practice_club.times import iso_utc, local_time, parse_spilletid
from practice_club.timetable import COLUMNS

Body = TypeVar("Body", bound=BaseModel)
_OBJECT = TypeAdapter(dict[str, Any])
_FEWEST_DAYS, _MOST_DAYS = 1, 60


def control_app(club: PracticeClub, token: SecretStr | None) -> web.Application:
    """Everything under /control. With a token, every request must bring it."""
    app = web.Application(middlewares=[_errors_as_json, _guarded_by(token)])
    control = Control(club)
    app.router.add_routes(
        [
            web.get("/time", control.get_time),
            web.post("/time", control.set_time),
            web.get("/knobs", control.get_knobs),
            web.patch("/knobs", control.turn_knobs),
            web.put("/knobs", control.replace_knobs),
            web.get("/members", control.list_members),
            web.post("/members", control.add_member),
            web.delete("/members/{id}", control.remove_member),
            web.post("/members/{id}/pin", control.change_pin),
            web.get("/slots", control.list_slots),
            web.post("/slots", control.add_slot),
            web.post("/slots/reuse", control.reuse_timeid),
            web.post("/slots/end", control.end_slot),
            web.get("/sessions", control.list_sessions),
            web.post("/sessions", control.add_session),
            web.get("/sessions/{timeid}/{spilletid}", control.get_session),
            web.post("/sessions/{timeid}/{spilletid}/{order}", control.change_session),
            web.post("/logins/expire", control.expire_logins),
            web.get("/report", control.report),
            web.post("/record/clear", control.clear_record),
            web.post("/reset", control.reset),
        ]
    )
    return app


class Control:
    """The handlers. A ValueError or LookupError of the club becomes an answer with its words (`_errors_as_json`)."""

    def __init__(self, club: PracticeClub) -> None:
        self._club = club

    async def get_time(self, _request: web.Request) -> web.Response:
        """The true time of the club, and how far it is ahead of the machine."""
        now_ns = self._club.now_ns()
        return web.json_response({"now_ns": now_ns, "now": iso_utc(now_ns), "offset_ms": self._club.clock.offset_ms()})

    async def set_time(self, request: web.Request) -> web.Response:
        """Set the offset, step, or make it a given moment."""
        order = await _read(request, ClockOrder)
        if order.now is not None:
            self._club.set_clock(order.now)
        elif order.step_ms is not None:
            self._club.step_clock(order.step_ms)
        else:
            self._club.turn(clock_offset_ms=order.offset_ms)
        return await self.get_time(request)

    async def get_knobs(self, _request: web.Request) -> web.Response:
        """All knobs as they are."""
        return web.json_response(self._club.knobs.model_dump(mode="json"))

    async def turn_knobs(self, request: web.Request) -> web.Response:
        """Turn the knobs that are named."""
        changes = _OBJECT.validate_json(await request.text())
        self._club.turn(**changes)
        return await self.get_knobs(request)

    async def replace_knobs(self, request: web.Request) -> web.Response:
        """Set all knobs; those that are not named get their usual value."""
        self._club.use(await _read(request, Knobs))
        return await self.get_knobs(request)

    async def list_members(self, _request: web.Request) -> web.Response:
        """All members with their PINs: they are invented, and one logs in with them."""
        return web.json_response([_member_json(member) for member in self._club.model.members.values()])

    async def add_member(self, request: web.Request) -> web.Response:
        """Add a member; what is left out is invented."""
        member = self._club.add_member(await _read(request, NewMember))
        return web.json_response(_member_json(member), status=201)

    async def change_pin(self, request: web.Request) -> web.Response:
        """A member has another PIN from now on, and is logged in nowhere."""
        order = await _read(request, NewPin)
        return web.json_response(_member_json(self._club.change_pin(_member_id(request), order.pin)))

    async def remove_member(self, request: web.Request) -> web.Response:
        """A member is none any more, and gives up every place."""
        return web.json_response({"removed": self._club.remove_member(_member_id(request)).id})

    async def list_slots(self, _request: web.Request) -> web.Response:
        """The weekly slots."""
        return web.json_response([slot.model_dump(mode="json") for slot in self._club.model.slots])

    async def add_slot(self, request: web.Request) -> web.Response:
        """Add a weekly slot."""
        slot = await _read(request, Slot)
        self._club.model.add_slot(slot)
        return web.json_response(slot.model_dump(mode="json"), status=201)

    async def reuse_timeid(self, request: web.Request) -> web.Response:
        """From the slot's `first_date` on, its timeid means this slot."""
        slot = await _read(request, Slot)
        if slot.first_date is None:
            raise ValueError("`first_date` says from when on the timeid means this slot")
        self._club.model.reuse_timeid(slot, slot.first_date)
        return web.json_response(slot.model_dump(mode="json"), status=201)

    async def end_slot(self, request: web.Request) -> web.Response:
        """Let a weekly slot end."""
        order = await _read(request, EndSlot)
        slot = self._club.model.end_slot(order.timeid, order.last_date)
        return web.json_response(slot.model_dump(mode="json"))

    async def list_sessions(self, request: web.Request) -> web.Response:
        """The sessions of the coming days (`?days=8`), with their links."""
        days = _days(request.query.get("days", str(COLUMNS)))
        sessions = list(self._club.model.sessions_on(local_time(self._club.now_ns()).date(), days))
        return web.json_response([self._session_json(session) for session in sessions])

    async def add_session(self, request: web.Request) -> web.Response:
        """Add a session, most often one that opens in a moment."""
        session = self._club.add_session(await _read(request, NewSession))
        return web.json_response(self._session_json(session), status=201)

    async def get_session(self, request: web.Request) -> web.Response:
        """The report on one session."""
        session = self._session(request)
        return web.json_response({"link": self._club.link(session), **self._club.session_report(session)})

    async def change_session(self, request: web.Request) -> web.Response:
        """Take, free or decline a place; cancel or drop the session."""
        session, order = self._session(request), await _read(request, PlaceOrder)
        name = request.match_info["order"]
        members: list[int] = []
        if name in {"take", "free", "decline"}:
            doing = {"take": self._club.take, "free": self._club.free, "decline": self._club.decline}[name]
            members = [doing(session, order.member_id) for _ in range(order.places)]
        elif name == "cancel":
            self._club.cancel(session)
        elif name == "drop":
            self._club.model.drop(SessionKey(session.slot.timeid, session.start))
        else:
            raise LookupError(f"there is no order {name!r}: take, free, decline, cancel and drop are known")
        return web.json_response({"changed": members, **self._session_json(session)})

    async def expire_logins(self, request: web.Request) -> web.Response:
        """End logins: of one member, or all."""
        order = await _read(request, ExpireLogins)
        return web.json_response({"cookies_ended": self._club.logins.expire(order.member_id)})

    async def report(self, request: web.Request) -> web.Response:
        """Everything; with `?since=N` only the requests after number N."""
        report = self._club.report()
        since = request.query.get("since", "0")
        if not since.isdecimal():
            raise ValueError("`since` is the number of a request")
        report["requests"] = [r for r in report["requests"] if r["number"] > int(since)]
        return web.json_response(report)

    async def clear_record(self, _request: web.Request) -> web.Response:
        """Forget the requests; everything else stays."""
        self._club.record.clear()
        return web.json_response({"requests": 0})

    async def reset(self, _request: web.Request) -> web.Response:
        """Be as new."""
        self._club.reset()
        return web.json_response({"requests": 0})

    def _session(self, request: web.Request) -> Session:
        start = parse_spilletid(request.match_info["spilletid"])
        if start is None or not request.match_info["timeid"].isdecimal():
            raise ValueError("a session is named /sessions/TIMEID/YYYYMMDDTH:MM:SS")
        return self._club.model.session(SessionKey(int(request.match_info["timeid"]), start))

    def _session_json(self, session: Session) -> dict[str, Any]:
        facts = session_facts(self._club.model, session, self._club.now_ns())
        return {"link": self._club.link(session), **facts}


def _member_json(member: Member) -> dict[str, Any]:
    return {**member.model_dump(mode="json"), "pin": member.pin.get_secret_value()}


def _member_id(request: web.Request) -> int:
    text = request.match_info["id"]
    if not text.isdecimal():
        raise ValueError("a member is named by the id, a number")
    return int(text)


def _days(text: str) -> int:
    if not text.isdecimal() or not _FEWEST_DAYS <= int(text) <= _MOST_DAYS:
        raise ValueError(f"`days` is a number from {_FEWEST_DAYS} to {_MOST_DAYS}")
    return int(text)


async def _read(request: web.Request, model: type[Body]) -> Body:
    """The body, validated; an empty one is an empty object."""
    text = await request.text()
    return model.model_validate_json(text or "{}")


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An order that cannot be carried out is answered with what is wrong with it."""
    try:
        return await handler(request)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return web.json_response({"error": "the body is not what is wanted here", "details": details}, status=400)
    except ValueError as error:
        return web.json_response({"error": str(error)}, status=400)
    except LookupError as error:
        return web.json_response({"error": str(error.args[0])}, status=404)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)


def _guarded_by(token: SecretStr | None) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if token is not None:
            given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
                return web.json_response({"error": "the control API wants its bearer token"}, status=401)
        return await handler(request)

    return guard
