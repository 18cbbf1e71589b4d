"""The part of a document that is made of the program, between two lines that say so."""


def renewed(page: str, made: str, begin: str, end: str) -> str:
    """The page with this text, which ends with a line's end, in place of what stands between the two lines.

    Raises ValueError if the page has not both of them.
    """
    before, found, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise ValueError(f"The page needs the lines {begin} and {end}.")
    return f"{before}{begin}\n\n{made}\n{end}{after}"
