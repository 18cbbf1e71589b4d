"""What operators did, who and when: written down, and never changed."""

from enum import StrEnum

from pydantic import Field

from autotennis.values import Id, Instant, Value


class DeedKind(StrEnum):
    """What an operator can do that is written down."""

    SIGNED_IN = "signed_in"
    PAUSED = "paused"
    RESUMED = "resumed"
    REPLAYED = "replayed"
    MADE_OPERATOR = "made_operator"
    UNMADE_OPERATOR = "unmade_operator"
    LET_IN_AGAIN = "let_in_again"
    LOOKED_THROUGH = "looked_through"


class Deed(Value):
    """One thing that the operator `by` did. `about` names what it was done to: a pause's key, a dead letter's kind."""

    id: Id
    at: Instant
    by: Id
    kind: DeedKind
    about: str = Field(default="", max_length=120)
    reason: str = Field(default="", max_length=200)
