"""What is said to whoever follows a link of a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from autotennis_api.acting import Case, Step
from autotennis_api.texts import lazy_gettext


@dataclass(frozen=True, slots=True)
class ActWords:
    """A page's title and text; and the button that does it, where it can be done."""

    title: str
    text: str
    button: str = ""


FORGED: Final = ActWords(
    lazy_gettext("This link does not work"),
    lazy_gettext("It may have been cut short on its way: try the whole link, as it stands in the message."),
)
EXPIRED: Final = ActWords(
    lazy_gettext("This link has run out"),
    lazy_gettext("Links in messages are good for a while only. Nothing was changed."),
)
GONE: Final = ActWords(
    lazy_gettext("That is not there any more"),
    lazy_gettext("What this link was about has been deleted since. Nothing was changed."),
)
_TOO_LATE_TO_ANSWER: Final = ActWords(
    lazy_gettext("It is too late for this answer"),
    lazy_gettext("The place is left to others. You keep waiting, and we ask you again when another one is free."),
)
_NO_WAIT: Final = ActWords(
    lazy_gettext("This place is not asked about any more"),
    lazy_gettext("You do not wait for a place in this session any more. Nothing was changed."),
)

WORDS: Final[Mapping[tuple[Step, Case], ActWords]] = {
    (Step.ACCEPT, Case.ASKED): ActWords(
        lazy_gettext("Do you want the free place?"),
        lazy_gettext("If you say yes, we try to get it for you at once."),
        lazy_gettext("Yes, sign me up"),
    ),
    (Step.ACCEPT, Case.DONE): ActWords(
        lazy_gettext("You have said yes"), lazy_gettext("We are trying to get the place for you.")
    ),
    (Step.ACCEPT, Case.OTHERWISE): ActWords(
        lazy_gettext("You have said no already"),
        lazy_gettext("The place was left to the next one in line. We ask you again when another one is free."),
    ),
    (Step.ACCEPT, Case.TOO_LATE): _TOO_LATE_TO_ANSWER,
    (Step.ACCEPT, Case.WON): ActWords(
        lazy_gettext("You have a place"), lazy_gettext("The club's own page shows you. There is nothing left to do.")
    ),
    (Step.ACCEPT, Case.OVER): _NO_WAIT,
    (Step.DECLINE, Case.ASKED): ActWords(
        lazy_gettext("Leave the free place to the next one in line?"),
        lazy_gettext("You keep waiting, and we ask you again when another one is free."),
        lazy_gettext("Yes, leave it to the next one"),
    ),
    (Step.DECLINE, Case.DONE): ActWords(
        lazy_gettext("The place is left to the next one in line"),
        lazy_gettext("You keep waiting, and we ask you again when another one is free."),
    ),
    (Step.DECLINE, Case.OTHERWISE): ActWords(
        lazy_gettext("You have said yes already"),
        lazy_gettext("We are trying to get the place for you. Cancel the booking if you do not want it any more."),
    ),
    (Step.DECLINE, Case.TOO_LATE): _TOO_LATE_TO_ANSWER,
    (Step.DECLINE, Case.WON): ActWords(
        lazy_gettext("You have the place already"),
        lazy_gettext("On the booking's page you can give it back."),
    ),
    (Step.DECLINE, Case.OVER): _NO_WAIT,
    (Step.CANCEL, Case.ASKED): ActWords(
        # What cancelling does depends on the booking's state, and is said in the words of its own page.
        lazy_gettext("Cancel this booking?"),
        "",
        lazy_gettext("Yes, cancel it"),
    ),
    (Step.CANCEL, Case.DONE): ActWords(
        lazy_gettext("This booking is cancelled"),
        lazy_gettext("If the club has taken you already, we give the place back."),
    ),
    (Step.CANCEL, Case.OVER): ActWords(
        lazy_gettext("There is nothing to cancel"), lazy_gettext("This booking has ended without a place.")
    ),
    (Step.WITHDRAW, Case.ASKED): ActWords(
        lazy_gettext("Give the place back?"),
        lazy_gettext("Your place at the club is given back, and somebody else can take it. This cannot be undone."),
        lazy_gettext("Yes, give it back"),
    ),
    (Step.WITHDRAW, Case.DONE): ActWords(
        lazy_gettext("Your place is given back"),
        lazy_gettext("On the booking's page you see whether the club has taken it."),
    ),
    (Step.WITHDRAW, Case.TOO_LATE): ActWords(
        lazy_gettext("It is too late to give the place back"), lazy_gettext("The session has started.")
    ),
    (Step.SKIP, Case.ASKED): ActWords(
        lazy_gettext("Skip this week?"),
        lazy_gettext("Then you are not signed up that day. The weeks after it go on as before."),
        lazy_gettext("Yes, skip it"),
    ),
    (Step.SKIP, Case.DONE): ActWords(
        lazy_gettext("This week is skipped"), lazy_gettext("The weeks after it go on as before.")
    ),
    (Step.SKIP, Case.TOO_LATE): ActWords(
        lazy_gettext("It is too late to skip this week"), lazy_gettext("That day is past.")
    ),
    (Step.SKIP, Case.WON): ActWords(
        lazy_gettext("You have a place that day already"),
        lazy_gettext("On the booking's page you can give it back."),
    ),
    (Step.SKIP, Case.OVER): ActWords(
        lazy_gettext("This series has ended"), lazy_gettext("No further week of it is planned.")
    ),
    (Step.SILENCE, Case.ASKED): ActWords(
        lazy_gettext("No more messages here?"),
        lazy_gettext("Then Autotennis sends nothing to this address any more. Your bookings go on as before."),
        lazy_gettext("Yes, no more messages"),
    ),
    (Step.SILENCE, Case.DONE): ActWords(
        lazy_gettext("No more messages here"),
        lazy_gettext("Nothing is sent to this address any more. Your bookings go on as before."),
    ),
    (Step.CONFIRM, Case.ASKED): ActWords(
        lazy_gettext("Do you want messages of Autotennis here?"),
        lazy_gettext(
            "Somebody with an account at Autotennis gave this address for messages about tennis sessions. If that was "
            "not you, do nothing: nothing more is sent here."
        ),
        lazy_gettext("Yes, send them here"),
    ),
    (Step.CONFIRM, Case.DONE): ActWords(
        lazy_gettext("This address is confirmed"), lazy_gettext("Messages are sent here from now on.")
    ),
}


def words_of(step: Step, case: Case) -> ActWords:
    """The words for how things stand with a link."""
    return GONE if case is Case.GONE else WORDS[step, case]
