"""The page of messages: the channels that the reader is told by, and when; a new one, another address, a trial."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.wrappers import Response
from pydantic import SecretStr, ValidationError
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response as AnyResponse

from autotennis.domain.channel import MOST_CHANNELS, Channel, ChannelKind
from autotennis.errors import IllegalMove, NotFound
from autotennis_api import channels, doors, message_words, push_keys, sign_ins
from autotennis_api.account_views import Page
from autotennis_api.desk import desk, me
from autotennis_api.error_pages import too_often
from autotennis_api.message_forms import ADDRESS_FORMS, AddressForm, BrowserForm, ChannelForm, TellingForm, address_of
from autotennis_api.texts import gettext
from autotennis_api.tries import TooManyTries

message_pages = Blueprint("messages", __name__)

_UNPROCESSABLE: Final = 422
_TOO_OFTEN: Final = 429


@message_pages.get("/settings/messages")
def every() -> Page:
    """All channels of the reader, and when they are told."""
    return _show()


@message_pages.route("/settings/messages/add/<kind>", methods=["GET", "POST"])
def add(kind: str) -> Page:
    """A new channel of that kind."""
    wanted = _kind(kind)
    form = _address_form(wanted, {"address": me().email} if wanted is ChannelKind.EMAIL else {}, is_new=True)
    if request.method == "GET":
        return _show_form(form)
    if not form.validate():
        return _show_form(form, status=_UNPROCESSABLE)
    secret = channels.new_signing_secret(desk().ports)
    address = address_of(wanted, form.address.data, secret)
    try:
        made = channels.add(desk().ports, desk().tries, me(), address, form.wished())
    except IllegalMove:
        return _show_form(form, status=_UNPROCESSABLE, problem=_too_many())
    except TooManyTries as error:
        return _show_form(form, status=_TOO_OFTEN, problem=too_often(error))
    return _show_secret(made, secret) if wanted is ChannelKind.WEBHOOK else _added(made)


def _added(made: Channel) -> AnyResponse:
    if made.confirmed:
        flash(gettext("%(name)s is added. Send a test to see whether it works.", name=made.label))
    else:
        flash(gettext("We have sent a link to that address: once it is followed, you are told there."))
    return _to_all()


@message_pages.route("/settings/messages/<channel_id>", methods=["GET", "POST"])
def change(channel_id: str) -> Page:
    """What is told there, what it is called, and another address if that is wished."""
    channel = _mine(channel_id)
    form = _form_of(channel)
    if request.method == "GET":
        return _show_form(form, channel)
    if not form.validate():
        return _show_form(form, channel, status=_UNPROCESSABLE)
    if isinstance(form, AddressForm) and form.address.data:
        return _readdress(channel, form)
    channels.change(desk().ports, me(), channel_id, form.wished())
    flash(gettext("That is kept."))
    return _to_all()


def _readdress(channel: Channel, form: AddressForm) -> Page:
    secret = channels.new_signing_secret(desk().ports)
    address, wished = address_of(channel.kind, form.address.data, secret), form.wished()
    # One that was called after its earlier address is called after its new one, unless it gets a name.
    label = wished.label if wished.label != channel.label else channels.name_of(desk().ports, me(), channel)
    try:
        wished = replace(wished, label=label, instead_of=channel.id)
        made = channels.add(desk().ports, desk().tries, me(), address, wished)
    except TooManyTries as error:
        return _show_form(form, channel, status=_TOO_OFTEN, problem=too_often(error))
    return _show_secret(made, secret) if channel.kind is ChannelKind.WEBHOOK else _added(made)


@message_pages.post("/settings/messages/<channel_id>/remove")
def remove(channel_id: str) -> AnyResponse:
    """Nothing is told there any more."""
    label = _mine(channel_id).label
    channels.remove(desk().ports, me(), channel_id)
    flash(gettext("%(name)s is removed: nothing is sent there any more.", name=label))
    return _to_all()


@message_pages.post("/settings/messages/<channel_id>/test")
def test(channel_id: str) -> Page:
    """Has a message sent there. The page shows what came of it as soon as that is known."""
    _mine(channel_id)
    now = desk().ports.clock.now()
    try:
        channels.test(desk().ports, desk().tries, me(), channel_id)
    except TooManyTries as error:
        return _show(status=_TOO_OFTEN, problem=too_often(error))
    since, anchor = int(now.timestamp()), f"channel-{channel_id}"
    return redirect(url_for("messages.every", tested=channel_id, since=since, _anchor=anchor), code=303)


@message_pages.post("/settings/messages/<channel_id>/secret")
def renew_secret(channel_id: str) -> Page:
    """Another secret for a webhook. It is shown in this answer, and never again."""
    channel = _mine(channel_id)
    try:
        return _show_secret(channel, channels.renew_secret(desk().ports, me(), channel_id))
    except NotFound:
        raise PageNotFound from None


@message_pages.post("/settings/messages/browser")
def add_browser() -> Page:
    """Notifications in this browser, by the subscription that its script has made."""
    form = BrowserForm(request.form)
    if not channels.is_set_up(desk().settings, ChannelKind.WEB_PUSH):
        raise PageNotFound
    try:
        address = form.subscription()
    except ValidationError:
        return _show(status=_UNPROCESSABLE, problem=gettext("This browser did not say where to notify it."))
    try:
        browser = sign_ins.browser_of(request.headers.get("User-Agent", ""))
        made = channels.add_browser(desk().ports, desk().tries, me(), address, browser)
    except IllegalMove:
        return _show(status=_UNPROCESSABLE, problem=_too_many())
    except TooManyTries as error:
        return _show(status=_TOO_OFTEN, problem=too_often(error))
    flash(gettext("This browser notifies you from now on. Send a test to see whether it works."))
    return redirect(url_for("messages.every", here=made.id), code=303)


@message_pages.post("/settings/messages/telling")
def tell() -> Page:
    """When the reader is told, and reminded."""
    form = TellingForm(request.form)
    if not form.validate():
        return _show(form, _UNPROCESSABLE)
    channels.tell(desk().ports, me(), form.telling())
    flash(gettext("That is kept."))
    return _to_all()


@message_pages.get("/push.js")
@doors.public
def worker() -> Response:
    """What a browser runs when a push comes. It lies at the root, so that it may open any of our pages."""
    answer = current_app.send_static_file("push-worker.js")
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    # A browser asks for it again by itself, and must not get an old one.
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _kind(kind: str) -> ChannelKind:
    if kind not in {one.value for one in ADDRESS_FORMS}:
        raise PageNotFound
    if not channels.is_set_up(desk().settings, ChannelKind(kind)):
        raise PageNotFound
    return ChannelKind(kind)


def _mine(channel_id: str) -> Channel:
    try:
        return channels.one_of(me(), channel_id)
    except NotFound:
        raise PageNotFound from None


def _address_form(kind: ChannelKind, given: Mapping[str, object], *, is_new: bool) -> AddressForm:
    form = ADDRESS_FORMS[kind](request.form, data=given)
    form.of(is_new=is_new, is_private=desk().settings.private_receivers)
    return form


def _form_of(channel: Channel) -> ChannelForm:
    given = channel.model_dump(include={"label", "level", "door_code"})
    if channel.kind in ADDRESS_FORMS:
        return _address_form(channel.kind, given, is_new=False)
    return ChannelForm(request.form, data=given)


def _too_many() -> str:
    return gettext("You have %(count)s channels: remove one first.", count=MOST_CHANNELS)


def _to_all() -> AnyResponse:
    return redirect(url_for("messages.every"), code=303)


def _show_form(form: ChannelForm, channel: Channel | None = None, status: int = 200, problem: str = "") -> Page:
    kind = form.kind if isinstance(form, AddressForm) else ChannelKind.WEB_PUSH
    page = render_template(
        "channel.html", form=form, channel=channel, kind=kind, problem=problem, message_words=message_words
    )
    return page, status


def _show_secret(channel: Channel, secret: SecretStr) -> Page:
    return render_template("webhook_secret.html", channel=channel, secret=secret)


def _show(form: TellingForm | None = None, status: int = 200, problem: str = "") -> Page:
    # As it is kept now, with what was changed just now.
    member = desk().ports.store.member(me().id)
    page = render_template(
        "messages.html",
        channels=member.channels,
        form=form or TellingForm.showing(member.telling),
        problem=problem,
        is_set_up={kind.value: channels.is_set_up(desk().settings, kind) for kind in ChannelKind},
        push_key=push_keys.public_key(desk().settings),
        message_words=message_words,
        trial=_trial(member.channels),
    )
    return page, status


def _trial(mine: tuple[Channel, ...]) -> tuple[str, bool] | None:
    """Which channel is being tried out, and whether what came of it is known."""
    channel = next((one for one in mine if one.id == request.args.get("tested")), None)
    since = request.args.get("since", "")
    if channel is None or not since.isdecimal():
        return None
    told = [at for at in (channel.health.last_success, channel.health.last_failure) if at]
    return channel.id, any(at.timestamp() >= int(since) for at in told)
