"""Who looks after the installation, free of Flask: operators make others, and never does the last one go."""

from autotennis.domain.audit import DeedKind
from autotennis.domain.member import Member
from autotennis.errors import Permanent, Stale
from autotennis.ports import Ports
from autotennis_api import operating


class NotFromOneself(Permanent):
    """Nobody takes the rights away from themselves: then somebody is always left."""


class BothAtOnce(Permanent):
    """Two operators took the rights away from each other at the same moment: the other one keeps them."""


def appoint(ports: Ports, operator: Member, member_id: str) -> Member:
    """The member looks after the installation, too. Raises NotFound, Stale if they do already."""
    if ports.store.member(member_id).is_operator:
        raise Stale("They are an operator already.")
    operating.note(ports, operator, DeedKind.MADE_OPERATOR, f"member/{member_id}")
    return ports.store.change_member(member_id, lambda it: it.looking_after(is_operator=True))


def dismiss(ports: Ports, operator: Member, member_id: str) -> Member:
    """The member is an operator no more. Raises NotFound, NotFromOneself, BothAtOnce, Stale if they are none.

    Each account is changed for itself, so that two who do this to each other at once could both go: whoever finds
    themselves gone afterwards takes back what they did.
    """
    if member_id == operator.id:
        raise NotFromOneself("Somebody else has to do that.")
    if not ports.store.member(member_id).is_operator:
        raise Stale("They are no operator.")
    operating.note(ports, operator, DeedKind.UNMADE_OPERATOR, f"member/{member_id}")
    changed = ports.store.change_member(member_id, lambda it: it.looking_after(is_operator=False))
    if not ports.store.member(operator.id).is_operator:
        operating.note(ports, operator, DeedKind.MADE_OPERATOR, f"member/{member_id}")
        ports.store.change_member(member_id, lambda it: it.model_copy(update={"is_operator": True}))
        raise BothAtOnce("The one who did that is no operator any more.")
    return changed
