"""The pages of accounts: register, sign in and out, settings, language."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from autotennis.domain.member import Credentials, Member
from autotennis.errors import (
    AutotennisError,
    ClubBusy,
    ClubUnreachable,
    ClubUntrusted,
    EmailTaken,
    LoginRefused,
    NotFound,
    PageNotUnderstood,
)
from autotennis_api import club_logins, doors, invitations, operating, texts
from autotennis_api.accounts import Registration
from autotennis_api.desk import caller, desk, me
from autotennis_api.error_pages import too_often
from autotennis_api.forms import ClubPasswordForm, LanguageForm, PasswordForm, RegisterForm, SignInForm, secret
from autotennis_api.invitations import NotInvited, Pass
from autotennis_api.texts import gettext
from autotennis_api.tries import TooManyTries

accounts = Blueprint("accounts", __name__)

Page = str | Response | tuple[str, int]
_UNPROCESSABLE: Final = 422
# What the club, or our own caution, can answer to a login that somebody asks us to try.
CLUB_SAYS_NO: Final = (LoginRefused, ClubBusy, ClubUnreachable, PageNotUnderstood, TooManyTries)


@accounts.route("/register", methods=["GET", "POST"])
@doors.public
def register() -> Page:
    """A new account, checked by logging in at the club there and then."""
    form = RegisterForm(request.form, club=desk().clubs[0].id, next=request.args.get("next", ""))
    wanted = doors.local_path(form.next.data) or url_for("bookings.home")
    if caller() is not None:
        return redirect(wanted, code=303)
    form.offer(desk().clubs)
    try:
        entry = _pass_of(form)
        if request.method == "GET":
            return _show_register(form, 200)
        if not form.validate():
            return _show_register(form, _UNPROCESSABLE)
        member = desk().accounts.register(_registration(form), entry)
    except NotInvited:
        return render_template("not_invited.html", had_one=bool(form.invitation.data)), 403
    except (*CLUB_SAYS_NO, EmailTaken) as error:
        return _show_register(form, *told(error, form.club.data))
    doors.sign_in(member)
    _welcome(member)
    return redirect(wanted, code=303)


@accounts.get("/register/<invitation>")
@doors.public
def register_invited(invitation: str) -> Page:
    """The same for whoever has an invitation's link: the form carries its secret on."""
    if caller() is not None:
        return redirect(url_for("bookings.home"), code=303)
    form = RegisterForm(club=desk().clubs[0].id, invitation=invitation)
    form.offer(desk().clubs)
    try:
        _pass_of(form)
    except NotInvited:
        return render_template("not_invited.html", had_one=True), 403
    return _show_register(form, 200)


def _pass_of(form: RegisterForm) -> Pass:
    secret_part, wanted = form.invitation.data or "", doors.local_path(form.next.data) or ""
    return invitations.pass_of(desk().ports, secret_part, wanted, is_open=desk().settings.open_registration)


@accounts.route("/forgotten", methods=["GET", "POST"])
@doors.public
def forgotten() -> Page:
    """A new password for an account, for whoever can log in at the club under its address."""
    form = RegisterForm(request.form, club=desk().clubs[0].id)
    form.offer(desk().clubs)
    if request.method == "GET":
        return _show_forgotten(form, 200)
    if not form.validate():
        return _show_forgotten(form, _UNPROCESSABLE)
    try:
        member = desk().accounts.reset_password(_registration(form))
    except NotFound:
        return _show_forgotten(form, 404, gettext("This e-mail address has no account here yet: register instead."))
    except CLUB_SAYS_NO as error:
        return _show_forgotten(form, *told(error, form.club.data))
    doors.sign_in(member)
    flash(gettext("Your new password is kept, and whoever was signed in elsewhere is signed out."))
    return redirect(url_for("bookings.home"), code=303)


def _show_forgotten(form: RegisterForm, status: int, problem: str = "") -> Page:
    return render_template("forgotten.html", form=form, problem=problem), status


def _registration(form: RegisterForm) -> Registration:
    return Registration(
        club_id=form.club.data,
        at_club=Credentials(email=form.email.data or "", password=secret(form.club_password)),
        password=secret(form.password),
        language=texts.language(),
        address=request.remote_addr or "",
    )


def _show_register(form: RegisterForm, status: int, problem: str = "") -> Page:
    # Where each club is, so that a program sees whom it would give a password to before it does.
    roots = {club.id: club.root for club in desk().clubs}
    return render_template("register.html", form=form, problem=problem, roots=roots), status


def _welcome(member: Member) -> None:
    flash(gettext("Welcome! The club knows you, and your account is ready."))
    if not member.channels:
        flash(gettext("No messages are sent to you yet: choose under Settings where you are told."))
    if not member.club_member_ids:
        flash(gettext("The club's pages did not show your member number yet. It will be found when you are signed up."))


def told(error: AutotennisError, club_id: str) -> tuple[int, str]:
    """The status and the words for what came of a login at a club."""
    club = desk().rules_of(club_id).name
    if isinstance(error, LoginRefused):
        refused = gettext(
            "%(club)s refused this e-mail address and password. Nothing was saved, and we do not try again.", club=club
        )
        words = gettext("The answer was: “%(answer)s”", answer=error.reason) if error.reason else ""
        return _UNPROCESSABLE, f"{refused} {words}".strip()
    if isinstance(error, EmailTaken):
        return 409, gettext("This e-mail address has an account here already: sign in instead.")
    if isinstance(error, TooManyTries):
        return 429, too_often(error)
    if isinstance(error, PageNotUnderstood):
        return 502, gettext(
            "%(club)s answered in a way that we do not understand, so we could not check your password. Nothing was "
            "saved: tell whoever runs this service.",
            club=club,
        )
    if isinstance(error, ClubUntrusted):
        return 502, gettext(
            "We could not be sure that it was %(club)s that answered, so we sent your password nowhere. Nothing was "
            "saved: tell whoever runs this service.",
            club=club,
        )
    return 503, gettext(
        "%(club)s does not answer just now, so we could not check your password. Nothing was saved: try again later.",
        club=club,
    )


@accounts.route("/sign-in", methods=["GET", "POST"])
@doors.public
def sign_in() -> Page:
    """Coming in with an account's own password."""
    form = SignInForm(request.form, next=request.args.get("next", ""))
    wanted = doors.local_path(form.next.data) or url_for("bookings.home")
    if caller() is not None:
        return redirect(wanted, code=303)
    if request.method == "GET":
        return _show_sign_in(form, 200)
    if not form.validate():
        return _show_sign_in(form, _UNPROCESSABLE)
    try:
        member = desk().accounts.sign_in(form.email.data or "", secret(form.password), request.remote_addr or "")
    except TooManyTries as error:
        return _show_sign_in(form, 429, too_often(error))
    if member is None:
        return _show_sign_in(form, _UNPROCESSABLE, gettext("The e-mail address or the password is wrong."))
    operating.note_sign_in(desk().ports, member)
    doors.sign_in(member)
    return redirect(wanted, code=303)


def _show_sign_in(form: SignInForm, status: int, problem: str = "") -> Page:
    return render_template("sign_in.html", form=form, problem=problem), status


@accounts.post("/sign-out")
@doors.public
def sign_out() -> Response:
    """Going."""
    language = texts.language()
    doors.sign_out()
    texts.choose(language)
    flash(gettext("You are signed out."))
    return redirect(url_for("bookings.home"), code=303)


@accounts.post("/language")
@doors.public
def language() -> Response:
    """Another language: kept with the account, or in the session of a reader who has none."""
    form = LanguageForm(request.form)
    if form.validate():
        chosen = form.language.data or ""
        member = caller()
        if member is None:
            texts.choose(chosen)
        else:
            desk().accounts.change_language(member, chosen)
    return redirect(doors.local_path(form.back.data) or url_for("bookings.home"), code=303)


@accounts.get("/settings")
def settings() -> Page:
    """What a member can change."""
    return _show_settings()


@accounts.post("/settings/club-password")
def club_password() -> Page:
    """A new password at the club, checked by logging in there and then."""
    form = ClubPasswordForm(request.form)
    form.offer(desk().clubs)
    if not form.validate():
        return _show_settings(form, _UNPROCESSABLE)
    try:
        desk().accounts.change_club_password(
            me(), form.club.data, secret(form.club_password), request.remote_addr or ""
        )
    except CLUB_SAYS_NO as error:
        status, problem = told(error, form.club.data)
        return _show_settings(form, status, problem)
    flash(gettext("The club let you in with the new password. It is kept."))
    return redirect(url_for("accounts.settings"), code=303)


@accounts.post("/settings/password")
def password() -> Page:
    """A new password of the account; whoever came in with the old one elsewhere is signed out."""
    form = PasswordForm(request.form)
    if not form.validate():
        return _show_settings(form, _UNPROCESSABLE)
    try:
        member = desk().accounts.change_password(me(), secret(form.old), secret(form.password))
    except TooManyTries as error:
        return _show_settings(form, 429, too_often(error))
    if member is None:
        return _show_settings(form, _UNPROCESSABLE, gettext("Your present password is another one."))
    doors.sign_in(member)
    flash(gettext("Your password is changed. Other devices are signed out."))
    return redirect(url_for("accounts.settings"), code=303)


def _show_settings(used: Form | None = None, status: int = 200, problem: str = "") -> Page:
    """The settings page; the form that was just used shows what is wrong with it."""
    club_form = used if isinstance(used, ClubPasswordForm) else ClubPasswordForm(club=desk().clubs[0].id)
    club_form.offer(desk().clubs)
    own_form = used if isinstance(used, PasswordForm) else PasswordForm()
    logins = club_logins.logins_of(desk().ports, me())
    page = render_template(
        "settings.html", club_form=club_form, own_form=own_form, used=used, problem=problem, logins=logins
    )
    return page, status
