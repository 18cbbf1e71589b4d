"""Which request meets which fault, and whom the flood guard shuts out."""

from practice_club.knobs import Knobs
from practice_club.trouble import Caller, Troubles
from practice_club.vocabulary import Action

SIGN_UP = Caller(Action.SIGN_UP, 11, "10.0.0.1", "one")
INDEX = Caller(Action.INDEX, None, "10.0.0.2", "two")
S_NS = 1_000_000_000


def _troubles(**knobs: object) -> Troubles:
    troubles = Troubles()
    troubles.use(Knobs().turned(knobs))
    return troubles


def _hits(troubles: Troubles, caller: Caller, times_s: list[float]) -> list[bool]:
    return [troubles.fault_for(caller, round(at_s * S_NS)) is not None for at_s in times_s]


def test_a_fault_hits_the_next_n_matching_requests_after_those_it_skips() -> None:
    troubles = _troubles(faults=[{"kind": "unavailable", "action": "sign_up", "skip": 1, "times": 2}])
    assert _hits(troubles, INDEX, [0, 0]) == [False, False]
    assert _hits(troubles, SIGN_UP, [0, 1, 2, 3]) == [False, True, True, False]


def test_a_fault_can_be_one_members() -> None:
    troubles = _troubles(faults=[{"kind": "forbidden", "member_id": 12}])
    assert _hits(troubles, SIGN_UP, [0]) == [False]
    assert _hits(troubles, SIGN_UP._replace(member_id=12), [0]) == [True]


def test_a_fault_can_wait_for_a_rate() -> None:
    troubles = _troubles(faults=[{"kind": "too_many_requests", "after": {"requests": 2, "seconds": 1}}])
    assert _hits(troubles, SIGN_UP, [0, 0.1, 0.2, 0.3, 5]) == [False, False, True, True, False]


def test_faults_keep_their_count_when_another_knob_is_turned() -> None:
    troubles = _troubles(faults=[{"kind": "reset", "times": 1}])
    assert _hits(troubles, SIGN_UP, [0]) == [True]
    troubles.use(Knobs().turned({"faults": [{"kind": "reset", "times": 1}], "workers": 3}))
    assert _hits(troubles, SIGN_UP, [1]) == [False]


def test_the_flood_guard_bans_for_a_while_and_remembers() -> None:
    guard = {"limit": {"requests": 2, "seconds": 1}, "ban_s": 10}
    troubles = _troubles(flood_guard=guard)
    banned = [troubles.ban_for(SIGN_UP, round(at_s * S_NS)) is not None for at_s in (0, 0.1, 0.2, 5, 10.3)]
    assert banned == [False, False, True, True, False]
    assert troubles.ban_for(INDEX, S_NS) is None
    (ban,) = troubles.bans
    assert (ban.who, ban.requests, ban.until_ns - ban.at_ns) == ("10.0.0.1", 3, 10 * S_NS)


def test_the_flood_guard_can_look_at_logins_instead() -> None:
    guard = {"limit": {"requests": 0, "seconds": 1}, "by": "login"}
    troubles = _troubles(flood_guard=guard)
    assert troubles.ban_for(SIGN_UP, 0) is not None
    assert troubles.bans[0].who == "member 11"
