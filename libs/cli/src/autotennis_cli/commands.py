"""The commands."""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import get_completion_class

from autotennis_cli import login, words
from autotennis_cli.login import Login
from autotennis_cli.plug_ins import ExtendedGroup
from autotennis_cli.service import Service
from autotennis_cli.trouble import Exit

Json = dict[str, Any]
_STATES: Final = ("requested", "scheduled", "signing_up", "waiting", "booked", "failed", "cancelled", "withdrawn")
_SHELLS: Final = ("bash", "zsh", "fish")
_booking_id = click.argument("booking_id", metavar="BOOKING")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API gave it.")


@click.group(cls=ExtendedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--login",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=login.usual_file,
    envvar="AUTOTENNIS_LOGIN",
    show_envvar=True,
    help="Where the login is kept.",
)
@click.pass_context
def autotennis(context: click.Context, file: Path) -> None:
    """Books the sessions of a tennis and padel club at the instant that they open.

    Exit codes: 0 done, 1 refused, 2 not understood, 3 no place, 4 not logged in, 5 no answer.
    """
    context.obj = file


def _service() -> Service:
    return Service(login.read(click.get_current_context().find_object(Path) or login.usual_file()))


def _tell(found: Json, text: str, *, as_json: bool) -> None:
    click.echo(json.dumps(found, indent=2) if as_json else text)


@autotennis.command("login")
@click.option("--address", prompt="Address of Autotennis", help="For example https://autotennis.example.org")
@click.pass_obj
def log_in(file: Path, address: str) -> None:
    """Keep the address and a token, after they were tried.

    The token is made in the settings of the pages. It is asked for, or read from the standard input: on the command
    line others could see it.
    """
    given = Login(login.checked_address(address), _typed_token())
    me = words.plain(Service(given).me())
    login.keep(file, given)
    click.echo(f"Logged in as {me['email']} until {words.when(me['expires_at'])} UTC: {', '.join(me['scopes'])}.")


def _typed_token() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Token", hide_input=True)).strip()
    return sys.stdin.readline().strip()


@autotennis.command()
@click.argument("link")
@click.option("--weekly", is_flag=True, help="Repeat every week.")
@click.option("--early", is_flag=True, help="Take a place that becomes free before the opening, too.")
@click.option("--fixed", is_flag=True, help="Confirm my fixed place as soon as the club allows it.")
@click.option("--wait/--no-wait", default=True, help="If it is full, wait for a place that is given back.")
@click.option("--notice", type=click.IntRange(0, 10080), default=0, help="Minutes before the start: no place later.")
@click.option("--ask", type=click.IntRange(0, 60), default=0, help="Ask me first, with so many minutes to answer.")
@click.option("--club-list", is_flag=True, help="Ask for a turn on the club's own waiting list, too.")
@click.option("--else", "alternatives", multiple=True, metavar="LINK", help="Else this session. May be repeated.")
@click.option("--trade-up", is_flag=True, help="Go on trying for a session that I like better.")
@click.option("--with", "party", multiple=True, metavar="MEMBER", help="Who goes along. May be repeated.")
@click.option("--all-or-none", is_flag=True, help="All of us or nobody.")
@_as_json
def add(link: str, *, as_json: bool, **wished: Any) -> None:
    """Book the session that LINK leads to."""
    waiting = {"wanted": wished["wait"], "notice_min": wished["notice"], "ask_min": wished["ask"]}
    waiting["club_list"] = wished["club_list"]
    flags = {name: wished[name] for name in ("weekly", "early", "fixed", "trade_up", "all_or_none")}
    lists = {name: list(wished[name]) for name in ("alternatives", "party")}
    made = _service().add({"session": {"link": link}, "waiting": waiting, **flags, **lists})
    follow = f"Follow it with: autotennis watch {made['id']}"
    _tell(made, f"{words.whole(made)}\n{follow}", as_json=as_json)


@autotennis.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@_as_json
def list_all(state: str | None, *, as_json: bool) -> None:
    """List my bookings, the latest session first."""
    found = list(_service().bookings(state))
    text = words.table(found) if found else "There are no bookings. Make one with: autotennis add LINK"
    _tell({"bookings": found}, text, as_json=as_json)


@autotennis.command()
@_booking_id
@_as_json
def show(booking_id: str, *, as_json: bool) -> None:
    """Show one booking."""
    found = _service().booking(booking_id)
    _tell(found, words.whole(found), as_json=as_json)


@autotennis.command()
@_booking_id
@_as_json
def logs(booking_id: str, *, as_json: bool) -> None:
    """Show every request to the club that was sent for a booking."""
    found = _service().booking(booking_id)
    _tell({"timeline": found["timeline"]}, words.timeline(found), as_json=as_json)


@autotennis.command()
@_booking_id
@click.option("--everybody", is_flag=True, help="Also what I asked for the others.")
@_as_json
def cancel(booking_id: str, *, everybody: bool, as_json: bool) -> None:
    """Cancel a booking that has no place yet."""
    found = _service().change(booking_id, "cancel", {"everybody": everybody})
    _tell(found, words.whole(found), as_json=as_json)


@autotennis.command()
@_booking_id
@_as_json
def withdraw(booking_id: str, *, as_json: bool) -> None:
    """Give back a place that was won."""
    found = _service().change(booking_id, "withdraw")
    _tell(found, words.whole(found), as_json=as_json)


@autotennis.command()
@_booking_id
@click.argument("reply", type=click.Choice(["yes", "no"]))
@_as_json
def answer(booking_id: str, reply: str, *, as_json: bool) -> None:
    """Say whether I want the free place that I am asked about."""
    found = _service().change(booking_id, "offer", {"wanted": reply == "yes"})
    _tell(found, words.whole(found), as_json=as_json)


@autotennis.command()
@_booking_id
@click.option("--every", type=click.FloatRange(1, 3600), default=2.0, help="Seconds between two looks.")
@_as_json
def watch(booking_id: str, every: float, *, as_json: bool) -> None:
    """Follow a booking until it ends; exit code 3 if it ends without a place."""
    service, said = _service(), ""
    while True:
        found = service.booking(booking_id)
        if not as_json and words.state(found) != said:
            said = words.state(found)
            click.echo(words.plain(f"{words.when(found['changed_at'])} UTC  {said}"))
        if not found["is_moving"]:
            break
        time.sleep(every)
    _tell(found, words.whole(found), as_json=as_json)
    if found["state"] != "booked":
        click.get_current_context().exit(Exit.NO_PLACE)


@autotennis.command()
@_as_json
def channels(*, as_json: bool) -> None:
    """List where I am told what happens, and how each channel does."""
    found = _service().channels()
    none = "You are told nowhere yet: add a channel on the pages, under Settings, Messages."
    _tell(found, words.channels(found["channels"]) if found["channels"] else none, as_json=as_json)


@autotennis.command("try-channel")
@click.argument("channel_id")
@_as_json
def try_channel(channel_id: str, *, as_json: bool) -> None:
    """Have a test message sent to a channel; what came of it is told by: autotennis channels."""
    found = _service().try_channel(channel_id)
    label = words.plain(found["label"])
    _tell(found, f"A test is on its way to {label}. See with: autotennis channels", as_json=as_json)


@autotennis.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print what makes SHELL complete the commands, for example: eval "$(autotennis completion bash)"."""
    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(autotennis, {}, "autotennis", "_AUTOTENNIS_COMPLETE").source())
