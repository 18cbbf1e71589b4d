"""The pages of groups: all of mine, one of them, joining and leaving one."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response

from autotennis.domain.group import Companion, Group
from autotennis.errors import IllegalMove, NotFound, Stale
from autotennis.ports import Ports
from autotennis.values import LARGEST_PARTY
from autotennis_api import group_sessions, groups
from autotennis_api.account_views import Page
from autotennis_api.clubs import address_of
from autotennis_api.desk import desk, me
from autotennis_api.group_forms import GroupForm, JoinForm
from autotennis_api.groups import MOST_GROUPS, NameTaken, NotOwner, TooManyGroups
from autotennis_api.texts import gettext

group_pages = Blueprint("groups", __name__)

_UNPROCESSABLE: Final = 422


@group_pages.get("/groups")
def every() -> Page:
    """The reader's groups, and a form for a new one."""
    return _show_every(GroupForm())


def _show_every(form: GroupForm, status: int = 200, problem: str = "") -> Page:
    mine = groups.groups_of(desk().ports, me())
    return render_template("groups.html", mine=mine, form=form, problem=problem), status


@group_pages.post("/groups")
def found() -> Page:
    """A new group."""
    form = GroupForm(request.form)
    if not form.validate():
        return _show_every(form, _UNPROCESSABLE)
    try:
        group = groups.found(desk().ports, me(), form.name.data or "", form.called.data or "")
    except TooManyGroups:
        return _show_every(form, _UNPROCESSABLE, _too_many_groups())
    flash(gettext("The group is ready: send its link to the others."))
    return _to(group.id)


def _too_many_groups() -> str:
    return gettext("You are in %(count)s groups: leave one first.", count=MOST_GROUPS)


def _to(group_id: str) -> Response:
    return redirect(url_for("groups.show", group_id=group_id), code=303)


@group_pages.get("/groups/<group_id>")
def show(group_id: str) -> Page:
    """Who is in a group, in which order; for its owner, how somebody joins."""
    group = _mine(group_id)
    is_owner = group.owner_id == me().id
    link = _invitation_link(group) if is_owner else ""
    sessions = group_sessions.sessions_of(desk().ports, me(), group)
    mine = group.companion(me().id)
    return render_template(
        "group.html", group=group, is_owner=is_owner, link=link, sessions=sessions, mine=mine, address_of=address_of
    )


def _invitation_link(group: Group) -> str:
    return url_for("groups.join", group_id=group.id, invitation=group.invitation, _external=True)


def _mine(group_id: str) -> Group:
    try:
        return groups.one_of(desk().ports, me(), group_id)
    except NotFound:
        raise PageNotFound from None


def _owned(group_id: str) -> Group:
    group = _mine(group_id)
    if group.owner_id != me().id:
        raise Forbidden
    return group


@group_pages.route("/groups/<group_id>/join/<invitation>", methods=["GET", "POST"])
def join(group_id: str, invitation: str) -> Page:
    """Asks whether the reader agrees to be booked for; sending the form is agreeing."""
    try:
        group = groups.invited_to(desk().ports, group_id, invitation)
    except NotFound:
        return _leads_nowhere()
    if group.companion(me().id):
        return _in_it_already(group_id)
    form = JoinForm(request.form)
    if request.method == "GET":
        return _show_join(group, form)
    return _joined(group, invitation, form) if form.validate() else _show_join(group, form, _UNPROCESSABLE)


def _joined(group: Group, invitation: str, form: JoinForm) -> Page:
    try:
        groups.join(desk().ports, me(), group.id, invitation, form.called.data or "")
    except NotFound:
        return _leads_nowhere()
    except Stale:
        return _in_it_already(group.id)
    except NameTaken:
        form.called.errors = [gettext("Somebody in the group is called so already: choose another name.")]
        return _show_join(group, form, _UNPROCESSABLE)
    except TooManyGroups:
        return _show_join(group, form, _UNPROCESSABLE, _too_many_groups())
    except IllegalMove:
        problem = gettext("The group is full: it has %(count)s members.", count=LARGEST_PARTY)
        return _show_join(group, form, 409, problem)
    flash(gettext("You are in the group now."))
    return _to(group.id)


def _show_join(group: Group, form: JoinForm, status: int = 200, problem: str = "") -> Page:
    # The address of this very page: the invitation is put into no other place of it.
    return render_template("join.html", group=group, form=form, problem=problem, action=request.path), status


def _leads_nowhere() -> Page:
    """The same for a group that there is not, that has ended, or whose invitation is another one by now."""
    return render_template("invitation.html"), 404


def _in_it_already(group_id: str) -> Response:
    flash(gettext("You are in this group already."))
    return _to(group_id)


@group_pages.post("/groups/<group_id>/share")
def share(group_id: str) -> Response:
    """The others see which sessions the reader is going to, or no more."""
    shares = request.form.get("shares") == "yes"
    told = (
        gettext("The others in this group see your coming bookings now.")
        if shares
        else gettext("The others in this group do not see your bookings any more.")
    )
    return _done(group_id, lambda ports: groups.share(ports, me(), group_id, shares=shares), told)


@group_pages.post("/groups/<group_id>/up")
def move_up(group_id: str) -> Response:
    """Somebody goes before the one before them."""
    member_id = request.form.get("member", "")
    return _done(group_id, lambda ports: groups.move_up(ports, me(), group_id, member_id), "")


@group_pages.get("/groups/<group_id>/remove/<member_id>")
def ask_remove(group_id: str, member_id: str) -> Page:
    """Asks once more before somebody is removed."""
    group = _owned(group_id)
    companion = _companion(group, member_id)
    return render_template("remove_companion.html", group=group, companion=companion)


@group_pages.post("/groups/<group_id>/remove/<member_id>")
def remove(group_id: str, member_id: str) -> Response:
    """Removes somebody."""
    name = _companion(_owned(group_id), member_id).name
    told = gettext("%(name)s is not in the group any more.", name=name)
    return _done(group_id, lambda ports: groups.remove(ports, me(), group_id, member_id), told)


def _companion(group: Group, member_id: str) -> Companion:
    """Somebody else in the group: who owns it leaves it in another way."""
    companion = group.companion(member_id)
    if companion is None or member_id == me().id:
        raise PageNotFound
    return companion


@group_pages.get("/groups/<group_id>/renew")
def ask_renew(group_id: str) -> Page:
    """Asks once more before the links that were sent lead nowhere."""
    return render_template("renew_invitation.html", group=_owned(group_id))


@group_pages.post("/groups/<group_id>/renew")
def renew(group_id: str) -> Response:
    """A new invitation in place of the earlier one."""
    told = gettext("There is a new link. Earlier ones lead nowhere any more.")
    return _done(group_id, lambda ports: groups.invite_anew(ports, me(), group_id), told)


def _done(group_id: str, act: Callable[[Ports], Group], told: str) -> Response:
    """Changes the reader's group, and says so. What is so already needs no words."""
    try:
        act(desk().ports)
    except NotFound:
        raise PageNotFound from None
    except NotOwner:
        raise Forbidden from None
    except Stale:
        told = ""
    if told:
        flash(told)
    return _to(group_id)


@group_pages.get("/groups/<group_id>/leave")
def ask_leave(group_id: str) -> Page:
    """Asks once more before the reader leaves."""
    group = _mine(group_id)
    rest = [one for one in group.members if one.member_id != me().id]
    heir = rest[0] if rest and group.owner_id == me().id else None
    return render_template("leave_group.html", group=group, rest=rest, heir=heir)


@group_pages.post("/groups/<group_id>/leave")
def leave(group_id: str) -> Response:
    """The reader leaves. Whoever sends that twice has left."""
    try:
        groups.leave(desk().ports, me(), group_id)
    except NotFound:
        raise PageNotFound from None
    flash(gettext("You have left the group: nobody in it can book for you any more."))
    return redirect(url_for("groups.every"), code=303)
