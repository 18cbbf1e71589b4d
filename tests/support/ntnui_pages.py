"""Pages as NTNUI Tennis sends them: cp1252 bytes, entities in the templates and raw letters in names, malformed bits.

Written from a description of saved pages; all people are invented.
"""

import html
from datetime import datetime

from autotennis.values import Session

MEMBER_ID = 40123
SESSION = Session(timeid=194, start=datetime(2026, 11, 27, 9, 0), padded=False)

LOGGED_IN = '<a href="./innstillinger.php">Innstillinger</a> <a href="./logout.php?lang=no">Logg ut</a>'
LOGGED_OUT = '<a href="./nybruker.php?lang=no">Ny bruker</a> <button id="login">Logg inn</button>'

NONE_FREE = "Det er for &oslash;yeblikket <strong>ingen</strong> ledige plasser p&aring; denne timen."
CONFIRM_IN = "<i>Faste spillere</i> kan bekrefte/avkrefte oppm&oslash;te p&aring; denne timen om <strong>{}</strong>."
DROP_IN_IN = "Eventuelle ledige plasser &aring;pnes for <i>&ldquo;drop in&rdquo;</i>-medlemmer om <strong>{}</strong>."
OTHERS_IN = "Eventuelle <i>ubekreftede</i> timer &aring;pnes for andre medlemmer om <strong>{}</strong>."
DOOR_CODE = "Kode for tilgang til bygget: <strong>2580#</strong>"
DOOR_ENTRANCE = "Bruk hovedinngangen, eller kode <strong>2580#</strong>"


def action_link(parameter: str, text: str = "her", *, session: Session = SESSION, member_id: int = MEMBER_ID) -> str:
    """A link that takes an action, in the form of 2017: spilletid first, entities, the hour as it comes."""
    start = f"{session.start:%Y%m%d}T{session.start.hour}:{session.start:%M:%S}"
    href = f"./timeinfo.php?spilletid={start}&timeid={session.timeid}&{parameter}={member_id}&lang=no"
    return f'<a href="{html.escape(href)}">{text}</a>'


def some_free(places: int, link: str = "") -> str:
    """The sentence about free places, with or without the way to take one."""
    one = places == 1
    said = (
        f"Det er for &oslash;yeblikket <strong>{places}</strong> ledig{'' if one else 'e'} plass{'' if one else 'er'}"
    )
    taking = "ta den ledige plassen" if one else "ta en av de ledige plassene"
    return f"{said} p&aring; denne timen." + (f" Trykk {link} for &aring; {taking}." if link else "")


def own_row(status: str) -> str:
    """A regular player's own row."""
    return f"Åse Ø. ({status})"


def session_page(
    *said: str,
    menu: str = LOGGED_IN,
    regular: str = "Bjørn-Kåre S. (ubekreftet)",
    substitute: str = "-",
    theme: str = "Serve &amp; volley",
    notice: str = "",
) -> bytes:
    """A session's page: `said` stands under the table."""
    return whole_page(
        f"""<h4>Informasjon om valgt treningstime</h4>
<table>
<tr><td>Dato:</td><td>Fredag&nbsp;27/11</td></tr>
<tr><td>Klokkeslett:</td><td>9:00-10:00</td></tr>
<tr><td>Sted:</td><td>Nordhallen</td></tr>
<tr><td>Bane:</td><td>Bane 2</td></tr>
<tr><td>Niv&aring;:</td><td>M+*</td></tr>
<tr><td>Trener/instrukt&oslash;r:</td><td>Målfrid Å.</span></td></tr>
<tr><td>Ukens tema:</td><td>{theme}</td></tr>
<td rowspan="2">Faste spillere (2 stk.)</td><td>{regular}</td></tr>
<tr><td>Njål Æ. <span class="kommerikke">(<abbr title="Status satt av websystemet">kommer ikke</abbr>)</span></td></tr>
<td rowspan="1">Vikarer (1 stk.)</td><td>{substitute}</td></tr>
</table>
{"".join(f"<p>{line}</p>" for line in said)}""",
        menu=menu,
        notice=notice,
    )


def whole_page(content: str, *, menu: str = LOGGED_IN, notice: str = "", slots: str = "") -> bytes:
    """The club's frame around a page's content. The login form is there for everybody."""
    said = f'<div class="informasjon">{notice}</div>' if notice else ""
    text = f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Tennis</title>
<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1" />
<script>var merke = "Du er n\\u00e5 innlogget som";</script></head>
<body><div id="menu">{menu}</div>
<div id="dialog-form"><form method="post"><input name="email"><input type="password" name="password"></form></div>
{said}<div id="available_slots">{slots}</div>
<div id="content">{content}</div>
<p>&copy; Tennis &#9990 00 00</p></body></html>"""
    return text.encode("cp1252")


def cell(css: str, tip: str, level: str, timeid: int, start: str) -> str:
    """A cell of the timetable."""
    tip_text = html.escape(tip)
    href = f"./timeinfo.php?timeid={timeid}&amp;spilletid={start}&amp;lang=no"
    return (
        f'<td><span class="available_tip" title="{tip_text}"><span class="{css}"><a href="{href}">{level}</a>'
        "</span></span></td>"
    )


def front_page(*cells: str, slots: str = "", menu: str = LOGGED_IN, notice: str = "") -> bytes:
    """The front page with a timetable of one row."""
    table = f"<table><tr><th></th><th>Man&nbsp;23/11</th></tr><tr><td>9:00</td>{''.join(cells)}</tr></table>"
    return whole_page(f'<h4 id="treningsplan">Treningsplan</h4>{table}', menu=menu, notice=notice, slots=slots)
