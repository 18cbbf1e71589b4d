"""How somebody becomes a member by the page "Ny bruker". The club's own was never saved: the form is invented."""

from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import Markup
from pydantic import SecretStr, ValidationError

from practice_club.model import ClubModel
from practice_club.pages import PIN_LENGTH
from practice_club.people import Member
from practice_club.words import Words


class Admission(NamedTuple):
    """What came of a form: the new member, or None; and the sentence that says so."""

    member: Member | None
    notice: Markup


def admit(model: ClubModel, fields: Mapping[str, str], words: Words) -> Admission:
    """Make a member of whoever filled in the form, unless a field is wrong or the e-mail address is a member's."""
    email, pin = fields.get("email", "").strip(), fields.get("password", "")
    if model.member_by_email(email) is not None:
        return Admission(None, words.taken)
    try:
        name = " ".join(fields.get("navn", "").split())
        member = Member(id=model.free_member_id(), email=email, pin=SecretStr(pin), name=name)
    except ValidationError:
        member = None
    # The login form takes no longer one.
    if member is None or len(pin) != PIN_LENGTH:
        return Admission(None, words.incomplete.format(length=PIN_LENGTH))
    model.add_member(member)
    return Admission(member, words.joined.format(name=member.short_name))
