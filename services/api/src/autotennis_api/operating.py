"""What operators do, free of Flask. Each deed is written down before it is done: none goes unseen."""

from autotennis.domain.audit import Deed, DeedKind
from autotennis.domain.member import Member
from autotennis.domain.pause import Pause
from autotennis.errors import NotFound
from autotennis.ports import Ports
from autotennis_api import lockouts


def note(ports: Ports, operator: Member, kind: DeedKind, about: str = "", reason: str = "") -> None:
    """Writes down what the operator does."""
    now = ports.clock.now()
    ports.store.write_down(
        Deed(id=ports.ids.new(), at=now, by=operator.id, kind=kind, about=about[:120], reason=reason)
    )


def note_sign_in(ports: Ports, member: Member) -> None:
    """Writes it down if the member is an operator."""
    if member.is_operator:
        note(ports, member, DeedKind.SIGNED_IN)


def pause(ports: Ports, operator: Member, wanted: Pause) -> None:
    """Begins a pause. Raises TooManyPauses."""
    ports.store.pauses().begun(wanted)
    note(ports, operator, DeedKind.PAUSED, wanted.key, wanted.reason)
    ports.store.change_pauses(lambda it: it.begun(wanted))


def resume(ports: Ports, operator: Member, key: str) -> None:
    """Ends a pause. Raises NotFound if there is no such one."""
    if key not in {one.key for one in ports.store.pauses().pauses}:
        raise NotFound("There is no such pause.")
    note(ports, operator, DeedKind.RESUMED, key)
    ports.store.change_pauses(lambda it: it.ended(key))


def replay(ports: Ports, operator: Member, letter_id: str) -> None:
    """Has a given-up delivery delivered again. Raises NotFound."""
    note(ports, operator, DeedKind.REPLAYED, letter_id)
    ports.bus.replay(letter_id)


def let_in(ports: Ports, operator: Member, member: Member) -> int:
    """Ends what keeps that account from being signed in to; gives how many limits that were."""
    note(ports, operator, DeedKind.LET_IN_AGAIN, f"member/{member.id}")
    return lockouts.end_of(ports, member.email)


def tell_again(ports: Ports, operator: Member, message_id: str) -> None:
    """Has a message told that was given up, through its channel if that was given up, too. Raises NotFound, Stale."""
    now, message = ports.clock.now(), ports.store.message(message_id)
    message.again(now)
    note(ports, operator, DeedKind.REPLAYED, message_id)
    ports.store.change_member(message.member_id, lambda it: it.channel_resumed(message.channel_id))
    ports.store.change_message(message_id, lambda it: it.again(now))
    ports.wake.sweep(wanted=True)


def name_of(ports: Ports, member_id: str) -> str:
    """The address of an account, for operators; its id where it is gone."""
    try:
        return ports.store.member(member_id).email
    except NotFound:
        return member_id
