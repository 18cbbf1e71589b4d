"""What every Store promises of notes: what is remembered for a while."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from support.families import Family
from support.records import NOW

from autotennis.ports import Note

LATER = NOW + timedelta(hours=1)


def test_the_first_note_is_kept_until_its_time_is_over(family: Family) -> None:
    first, second = Note(text="first", until=LATER), Note(text="second", until=LATER + timedelta(hours=1))
    assert family.store.note_once("åse/1", first, NOW) == first
    assert family.store.note_once("åse/1", second, NOW) == first
    assert family.store.note_once("åse/2", second, NOW) == second
    with family.reopened() as other:
        assert other.store.note_once("åse/1", second, NOW) == first
    assert family.store.note_once("åse/1", second, LATER) == second


def test_a_note_may_be_written_anew_and_forgotten(family: Family) -> None:
    first, second = Note(text="first", until=LATER), Note(text="second", until=LATER)
    family.store.note_once("åse/1", first, NOW)
    family.store.note_anew("åse/1", second)
    assert family.store.note_once("åse/1", first, NOW) == second
    family.store.forget_note("åse/1")
    family.store.forget_note("åse/1")
    assert family.store.note_once("åse/1", first, NOW) == first


def test_a_note_may_be_looked_at(family: Family) -> None:
    assert family.store.note("åse/1", NOW) is None
    note = Note(text="first", until=LATER)
    family.store.note_anew("åse/1", note)
    assert family.store.note("åse/1", NOW) == note
    assert family.store.note("åse/2", NOW) is None
    assert family.store.note("åse/1", LATER) is None


def test_of_many_at_once_one_is_kept(family: Family) -> None:
    def keep(number: int) -> str:
        return family.store.note_once("åse/1", Note(text=f"note {number}", until=LATER), NOW).text

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(keep, range(6)))) == 1
