"""The closed lists of words that the practice club's parts share."""

from enum import StrEnum


class Action(StrEnum):
    """What a request asks of the club; the only part of its address that is recorded."""

    INDEX = "index"
    LOGIN = "login"
    LOGOUT = "logout"
    VIEW = "view"
    SIGN_UP = "sign_up"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    DECLINE = "decline"
    JOIN = "join"
    PAGE = "page"


class Verdict(StrEnum):
    """What the club made of a request."""

    VIEWED = "viewed"
    LOGGED_IN = "logged_in"
    LOGIN_REFUSED = "login_refused"
    LOGGED_OUT = "logged_out"
    JOINED = "joined"
    JOIN_REFUSED = "join_refused"
    SIGNED_UP = "signed_up"
    ALREADY = "already"
    FULL = "full"
    NOT_OPEN = "not_open"
    PAST = "past"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    WITHDRAWAL_CLOSED = "withdrawal_closed"
    NOT_SIGNED_UP = "not_signed_up"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    IS_REGULAR = "is_regular"
    NOT_REGULAR = "not_regular"
    NOT_LOGGED_IN = "not_logged_in"
    NOT_OWN_ID = "not_own_id"
    UNKNOWN_SESSION = "unknown_session"
    BANNED = "banned"
    CACHED = "cached"
    FAULT = "fault"


class Kind(StrEnum):
    """How a session's places are given out."""

    REGULAR = "regular"
    DROP_IN = "drop-in"
    PADEL = "padel"


class Level(StrEnum):
    """The club's levels; D is for division players, P stands for padel."""

    N = "N"
    N_PLUS = "N+"
    M = "M"
    M_PLUS = "M+"
    E = "E"
    D = "D"
    P = "P"


class Door(StrEnum):
    """Which text tells a player who has a place how to come in; it differs from hall to hall."""

    CODE = "code"
    ENTRANCE = "entrance"
    NONE = "none"


class Phase(StrEnum):
    """Where a session stands in its life."""

    EARLY = "early"
    CONFIRMING = "confirming"
    OPEN = "open"
    PAST = "past"


class Coming(StrEnum):
    """What is known of a regular player's coming."""

    UNASKED = "unasked"
    UNCONFIRMED = "unconfirmed"
    YES = "yes"
    NO = "no"
    NO_BY_SYSTEM = "no_by_system"


class DstRule(StrEnum):
    """What "three days before" means when the clocks change in between: 72 hours, or the same time of day."""

    ELAPSED = "elapsed"
    CALENDAR = "calendar"
