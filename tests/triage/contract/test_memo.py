"""What is kept in an object, and for how long."""

import gc
import weakref
from dataclasses import dataclass, replace

from triage.contract.memo import keep_on_argument


@dataclass(frozen=True)
class Letter:
    words: str


READ: list[str] = []


@keep_on_argument
def count_letters(letter: Letter) -> int:
    READ.append(letter.words)
    return len(letter.words)


def test_it_is_worked_out_once_for_each_object() -> None:
    READ.clear()
    one, other = Letter("mug"), Letter("lamp")
    assert [count_letters(one), count_letters(one), count_letters(other)] == [3, 3, 4]
    assert READ == ["mug", "lamp"]


def test_what_is_kept_is_no_field() -> None:
    read, fresh = Letter("mug"), Letter("mug")
    count_letters(read)
    assert read == fresh
    assert repr(read) == repr(fresh)
    assert count_letters(replace(read, words="lamp")) == 4


def test_it_is_gone_with_the_object() -> None:
    letter = Letter("mug")
    count_letters(letter)
    gone = weakref.ref(letter)
    del letter
    gc.collect()
    assert gone() is None
