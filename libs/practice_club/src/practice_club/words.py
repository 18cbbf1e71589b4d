"""The club's sentences in both languages: entities in the texts, as the club's own templates have them.

The Norwegian sentences about free places, openings and confirmations are those of the saved pages of 2017, the two door
texts those that were seen in 2023. Everything English is invented (only "attending" and "not attending" were seen), and
so are the texts that nobody saved: failed login, cancelled session, unknown session, new members.
"""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of a language. `{link}`, `{left}`, `{count}`, `{name}`, `{code}`, `{length}` are filled in, escaped."""

    lang: str
    title: Markup
    days: tuple[Markup, ...]
    day_names: tuple[Markup, ...]
    units: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    and_: str
    plan: Markup
    next_week: Markup
    free_places: Markup
    levels: tuple[Markup, ...]
    reserved: Markup
    nobody: Markup
    info: Markup
    date: Markup
    clock: Markup
    place: Markup
    court: Markup
    level: Markup
    coach: Markup
    theme: Markup
    regulars: Markup
    substitutes: Markup
    vacant: Markup
    hidden: Markup
    unconfirmed: Markup
    comes: Markup
    comes_not: Markup
    by_system: Markup
    confirm_in: Markup
    others_in: Markup
    drop_in_in: Markup
    one_free: Markup
    many_free: Markup
    none_free: Markup
    take_one: Markup
    take_many: Markup
    withdraw: Markup
    code: Markup
    entrance: Markup
    cancelled: Markup
    error: Markup
    logged_in: Markup
    logged_out: Markup
    refused: Markup
    log_in: Markup
    log_out: Markup
    email: Markup
    pin: Markup
    remember: Markup
    settings: Markup
    new_user: Markup
    name: Markup
    join: Markup
    joined: Markup
    taken: Markup
    incomplete: Markup
    forgot: Markup
    home: Markup
    news: Markup
    calendar: Markup
    hours: Markup
    other_language: Markup
    practice: Markup


NORWEGIAN = Words(
    lang="no",
    title=Markup("&Oslash;vingsklubben"),
    days=tuple(map(Markup, ("Man", "Tir", "Ons", "Tor", "Fre", "L&oslash;r", "S&oslash;n"))),
    day_names=tuple(
        map(Markup, ("Mandag", "Tirsdag", "Onsdag", "Torsdag", "Fredag", "L&oslash;rdag", "S&oslash;ndag"))
    ),
    units=(("dag", "dager"), ("time", "timer"), ("minutt", "minutter")),
    and_="og",
    plan=Markup("Treningsplan"),
    next_week=Markup("Neste uke"),
    free_places=Markup("Ledige plasser"),
    levels=tuple(map(Markup, ("Nybegynner", "Nybegynner+", "Middels", "Middels+", "Elite"))),
    reserved=Markup("reservert"),
    nobody=Markup("Ingen p&aring;meldt"),
    info=Markup("Informasjon om valgt treningstime"),
    date=Markup("Dato:"),
    clock=Markup("Klokkeslett:"),
    place=Markup("Sted:"),
    court=Markup("Bane:"),
    level=Markup("Niv&aring;:"),
    coach=Markup("Trener/instrukt&oslash;r:"),
    theme=Markup("Ukens tema:"),
    regulars=Markup("Faste spillere ({count} stk.)"),
    substitutes=Markup("Vikarer ({count} stk.)"),
    vacant=Markup("Fast ledig plass"),
    hidden=Markup("Skjult navn"),
    unconfirmed=Markup("(ubekreftet)"),
    comes=Markup("kommer"),
    comes_not=Markup("kommer ikke"),
    by_system=Markup("Status satt av websystemet"),
    confirm_in=Markup(
        "<i>Faste spillere</i> kan bekrefte/avkrefte oppm&oslash;te p&aring; denne timen om <strong>{left}</strong>."
    ),
    others_in=Markup("Eventuelle <i>ubekreftede</i> timer &aring;pnes for andre medlemmer om <strong>{left}</strong>."),
    drop_in_in=Markup(
        "Eventuelle ledige plasser &aring;pnes for <i>&ldquo;drop in&rdquo;</i>-medlemmer om <strong>{left}</strong>."
    ),
    one_free=Markup("Det er for &oslash;yeblikket <strong>1</strong> ledig plass p&aring; denne timen."),
    many_free=Markup("Det er for &oslash;yeblikket <strong>{count}</strong> ledige plasser p&aring; denne timen."),
    none_free=Markup("Det er for &oslash;yeblikket <strong>ingen</strong> ledige plasser p&aring; denne timen."),
    take_one=Markup('Trykk <a href="{link}">her</a> for &aring; ta den ledige plassen.'),
    take_many=Markup('Trykk <a href="{link}">her</a> for &aring; ta en av de ledige plassene.'),
    withdraw=Markup('(<a href="{link}">meld av</a>)'),
    code=Markup("Kode for tilgang til bygget: <strong>{code}</strong>"),
    entrance=Markup("Bruk hovedinngangen, eller kode <strong>{code}</strong>"),
    cancelled=Markup("Treningen er avlyst."),
    error=Markup("ERROR: Ugyldig lenke."),
    logged_in=Markup("Du er n&aring; innlogget som {name}"),
    logged_out=Markup("Du er n&aring; logget ut."),
    refused=Markup("Feil e-postadresse eller PIN-kode."),
    log_in=Markup("Logg inn"),
    log_out=Markup("Logg ut"),
    email=Markup("E-postadresse"),
    pin=Markup("PIN-kode"),
    remember=Markup("Husk meg"),
    settings=Markup("Innstillinger"),
    new_user=Markup("Ny bruker"),
    name=Markup("Navn"),
    join=Markup("Registrer"),
    joined=Markup("Velkommen, {name}! Du er n&aring; medlem, og kan logge inn med e-postadressen og PIN-koden din."),
    taken=Markup("Det finnes allerede et medlem med denne e-postadressen."),
    incomplete=Markup("Fyll ut navn, en gyldig e-postadresse og en PIN-kode p&aring; {length} tegn."),
    forgot=Markup("Glemt PIN-kode?"),
    home=Markup("Hjem"),
    news=Markup("Nyheter"),
    calendar=Markup("Kalender"),
    hours=Markup("Timeoversikt"),
    other_language=Markup("English"),
    practice=Markup("Dette er en &oslash;vingsklubb: alt her er oppdiktet."),
)

ENGLISH = Words(
    lang="en",
    title=Markup("The practice club"),
    days=tuple(map(Markup, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))),
    day_names=tuple(map(Markup, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))),
    units=(("day", "days"), ("hour", "hours"), ("minute", "minutes")),
    and_="and",
    plan=Markup("Training schedule"),
    next_week=Markup("Next week"),
    free_places=Markup("Available slots"),
    levels=tuple(map(Markup, ("Beginner", "Beginner+", "Intermediate", "Intermediate+", "Elite"))),
    reserved=Markup("reserved"),
    nobody=Markup("Nobody signed up"),
    info=Markup("Information about the selected session"),
    date=Markup("Date:"),
    clock=Markup("Time:"),
    place=Markup("Place:"),
    court=Markup("Court:"),
    level=Markup("Level:"),
    coach=Markup("Coach/instructor:"),
    theme=Markup("Topic of the week:"),
    regulars=Markup("Regular players ({count})"),
    substitutes=Markup("Substitutes ({count})"),
    vacant=Markup("Vacant regular place"),
    hidden=Markup("Hidden name"),
    unconfirmed=Markup("(unconfirmed)"),
    comes=Markup("attending"),
    comes_not=Markup("not attending"),
    by_system=Markup("Status set by the web system"),
    confirm_in=Markup("<i>Regular players</i> can confirm their attendance in <strong>{left}</strong>."),
    others_in=Markup("<i>Unconfirmed</i> places open for other members in <strong>{left}</strong>."),
    drop_in_in=Markup("Places left open for <i>&ldquo;drop in&rdquo;</i> members in <strong>{left}</strong>."),
    one_free=Markup("There is currently <strong>1</strong> place available in this session."),
    many_free=Markup("There are currently <strong>{count}</strong> places available in this session."),
    none_free=Markup("There are currently <strong>no</strong> places available in this session."),
    take_one=Markup('Click <a href="{link}">here</a> to take the place.'),
    take_many=Markup('Click <a href="{link}">here</a> to take one of the places.'),
    withdraw=Markup('(<a href="{link}">cancel</a>)'),
    code=Markup("Code for access to the building: <strong>{code}</strong>"),
    entrance=Markup("Use the main entrance, or code <strong>{code}</strong>"),
    cancelled=Markup("This session is cancelled."),
    error=Markup("ERROR: Invalid link."),
    logged_in=Markup("You are now logged in as {name}"),
    logged_out=Markup("You are now logged out."),
    refused=Markup("Wrong e-mail address or PIN code."),
    log_in=Markup("Log in"),
    log_out=Markup("Log out"),
    email=Markup("E-mail address"),
    pin=Markup("PIN code"),
    remember=Markup("Remember me"),
    settings=Markup("Settings"),
    new_user=Markup("New user"),
    name=Markup("Name"),
    join=Markup("Register"),
    joined=Markup("Welcome, {name}! You are a member now, and can log in with your e-mail address and PIN code."),
    taken=Markup("There is a member with this e-mail address already."),
    incomplete=Markup("Give a name, a valid e-mail address and a PIN code of {length} characters."),
    forgot=Markup("Forgotten PIN code?"),
    home=Markup("Home"),
    news=Markup("News"),
    calendar=Markup("Calendar"),
    hours=Markup("Session overview"),
    other_language=Markup("Norsk"),
    practice=Markup("This is a practice club: everything here is invented."),
)


def words_for(lang: str | None) -> Words:
    """The texts for a `lang` parameter; anything but `en` is Norwegian."""
    return ENGLISH if lang == "en" else NORWEGIAN


def time_left(left_s: float, words: Words) -> str:
    """A countdown as the page shows it: "1 dag, 9 timer og 9 minutter", seconds cut off, units of nought left out.

    Under a minute it says "0 minutter" (nobody saved such a page).
    """
    minutes = max(0, int(left_s // 60))
    counts = (minutes // 1440, minutes // 60 % 24, minutes % 60)
    parts = [f"{n} {one if n == 1 else many}" for n, (one, many) in zip(counts, words.units, strict=True) if n]
    if not parts:
        return f"0 {words.units[2][1]}"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {words.and_} {parts[-1]}"
