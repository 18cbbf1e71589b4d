"""From the form of a preview to what is asked for, and what is said of it."""

from flask import flash

from autotennis.domain.booking import Booking
from autotennis_api import alternatives, companions, dates, wishing
from autotennis_api.companions import NoLogin, NotOfMyGroups, SeveralGroups, TooFewPlaces
from autotennis_api.desk import desk, me
from autotennis_api.handlers import Preview, Wishes
from autotennis_api.refusals import why_not, why_not_together
from autotennis_api.texts import gettext
from autotennis_api.wishing import Asked, Plan
from autotennis_api.wishing_forms import OthersForm


def planned(form: OthersForm, shown: Preview) -> Plan | None:
    """What the form asks for with the session that is shown; None if something is wrong: the form says it then."""
    if not form.validate():
        return None
    return _with_others(form, shown) if form.ticked() else _with_alternatives(form, shown)


def _with_alternatives(form: OthersForm, shown: Preview) -> Plan | None:
    found = alternatives.look_at(desk().ports, desk().tries, me(), shown, form.links())
    choices = [shown]
    for name, one in found.items():
        if isinstance(one, Preview):
            choices.append(one)
        else:
            form.refuse(name, why_not(one))
    return Plan(choices, trade_up=bool(form.trade_up.data)) if len(choices) == len(found) + 1 else None


def _with_others(form: OthersForm, shown: Preview) -> Plan | None:
    ports, all_or_none = desk().ports, form.fewer.data == "all"
    try:
        going = companions.going(ports, me(), form.ticked())
        out = companions.booked_already(ports, shown, [one for one in going if one.member_id != me().id])
        party = [one for one in going if one not in out]
        companions.check(ports, shown, party, all_or_none=all_or_none)
    except (NotOfMyGroups, SeveralGroups, NoLogin) as error:
        form.refuse("together", why_not_together(error))
        return None
    except TooFewPlaces as error:
        form.refuse("fewer", why_not_together(error))
        return None
    return Plan([shown], party=party, all_or_none=all_or_none, booked_already=out)


def ask(plan: Plan, wishes: Wishes) -> Booking:
    """Asks for it, and says what was left out; gives the reader's own booking. Raises DuplicateBooking."""
    asked = wishing.ask(desk().ports, me(), plan, wishes)
    _tell_left_out(asked)
    return asked.mine


def _tell_left_out(asked: Asked) -> None:
    for shown in asked.sessions:
        when = dates.session_time(shown.session)
        flash(gettext("%(session)s is left out: you have booked it already.", session=when))
    for one in asked.companions:
        flash(gettext("%(name)s is left out: they have booked this session already.", name=one.name))
