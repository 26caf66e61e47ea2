"""How an element of a mail looks, as far as it decides whether its words can be seen.

A small part of CSS: what mail programs follow and what hides. Where a value cannot be told, the
element is taken for visible: nothing that a customer says may be lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

MAX_TINY_PX: Final = 2.0
"""Letters of so many pixels cannot be read."""
MAX_THIN_PX: Final = 1.0
MAX_OPACITY: Final = 0.05
MAX_COLOR_STEPS: Final = 12
"""Colours that differ by at most so much in each of red, green and blue look the same."""
MIN_OFF_SCREEN_PX: Final = 400.0
PIXELS: Final = {
    "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "em": 16.0, "rem": 16.0,
    "ex": 8.0, "ch": 8.0, "vw": 12.0, "vh": 8.0, "": 1.0,
}  # fmt: skip
NAMED_COLORS: Final = {
    "white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250), "red": (255, 0, 0),
    "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245), "ghostwhite": (248, 248, 255),
    "floralwhite": (255, 250, 240), "silver": (192, 192, 192), "gray": (128, 128, 128),
    "grey": (128, 128, 128), "navy": (0, 0, 128), "blue": (0, 0, 255), "green": (0, 128, 0),
    "yellow": (255, 255, 0), "lightgray": (211, 211, 211), "lightgrey": (211, 211, 211),
    "gainsboro": (220, 220, 220), "azure": (240, 255, 255), "mintcream": (245, 255, 250),
    "maroon": (128, 0, 0), "purple": (128, 0, 128), "teal": (0, 128, 128), "lime": (0, 255, 0),
    "aqua": (0, 255, 255), "orange": (255, 165, 0), "beige": (245, 245, 220),
}  # fmt: skip
"""https://www.w3.org/TR/css-color-4/#named-colors: the basic ones and those near white."""
GONE: Final = {
    "display": frozenset({"none"}),
    "opacity": frozenset({"0"}),
    "transform": frozenset({"scale(0)", "scale(0,0)", "scalex(0)", "scaley(0)", "scale3d(0,0,0)"}),
    "clip": frozenset({"rect(0,0,0,0)", "rect(1px,1px,1px,1px)", "rect(0px,0px,0px,0px)",
                       "rect(0 0 0 0)", "rect(1px 1px 1px 1px)"}),
    "clip-path": frozenset({"inset(50%)", "inset(100%)", "circle(0)", "circle(0px)", "circle(0%)"}),
    "content-visibility": frozenset({"hidden"}),
    "filter": frozenset({"opacity(0)", "opacity(0%)"}),
}  # fmt: skip
Color = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """What an element has of its own and of those around it; None is a value nobody can tell.

    ``is_gone``: neither it nor anything in it can be seen.
    """

    is_gone: bool = False
    is_collapsed: bool = False
    size_px: float = 16.0
    color: Color | None = (0, 0, 0)
    ground: Color | None = (255, 255, 255)
    is_clear: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_visible(self) -> bool:
        """Whether its own words can be read."""
        if self.is_gone or self.is_collapsed or self.is_clear or self.size_px <= MAX_TINY_PX:
            return False
        if self.color is None or self.ground is None:
            return True
        steps = (abs(one - two) for one, two in zip(self.color, self.ground, strict=True))
        return max(steps) > MAX_COLOR_STEPS


ROOT: Final = Look()


def apply_style(around: Look, style: Mapping[str, str]) -> Look:
    """The look of an element within another."""
    if around.is_gone or not style:
        return around
    size = _compute_size(around.size_px, style)
    clear, color = _compute_color(around, style)
    collapsed = around.is_collapsed
    if "visibility" in style:
        collapsed = style["visibility"] in {"hidden", "collapse"}
    return replace(
        around,
        is_gone=any(_iter_gone(style)),
        is_collapsed=collapsed,
        size_px=size,
        color=color,
        is_clear=clear,
        ground=_compute_ground(around.ground, style),
        variables=_collect_variables(around.variables, style),
    )


def _collect_variables(around: Mapping[str, str], style: Mapping[str, str]) -> Mapping[str, str]:
    """The custom properties that hold in an element."""
    own = {name: value for name, value in style.items() if name.startswith("--")}
    return {**around, **own} if own else around


def _iter_gone(style: Mapping[str, str]) -> Iterator[bool]:
    for name, values in GONE.items():
        value = style.get(name, "")
        yield value in values or value.replace(" ", "") in values
    yield _read_share(style.get("opacity", "")) <= MAX_OPACITY
    yield _read_share(style.get("zoom", "")) <= MAX_OPACITY
    yield _is_folded(style)
    yield _is_off_screen(style)


def _read_share(value: str) -> float:
    """A share as 0 to 1; 1 where there is none."""
    number = _read_number(value.removesuffix("%"))
    if number is None:
        return 1.0
    return number / 100 if value.endswith("%") else number


def _is_folded(style: Mapping[str, str]) -> bool:
    """Whether it is a box of no size that shows nothing beyond its edge."""
    ways = {style.get(name, "") for name in ("overflow", "overflow-x", "overflow-y")}
    if not any(word in {"hidden", "clip"} for way in ways for word in way.split()):
        return False
    sides = ("height", "max-height", "width", "max-width")
    sizes = (_read_length(style.get(side, "")) for side in sides)
    return any(size is not None and size <= MAX_THIN_PX for size in sizes)


def _is_off_screen(style: Mapping[str, str]) -> bool:
    moved = ["text-indent", "margin-left", "margin-top", "margin-right"]
    if style.get("position") in {"absolute", "fixed", "relative"}:
        moved += ["left", "top", "right", "bottom"]
    lengths = [_read_length(style.get(name, "")) for name in moved]
    lengths += [
        _read_length(part)
        for part in style.get("transform", "").replace("(", " ").replace(")", " ")
        .replace(",", " ").split()
        if part.startswith("-")
    ]  # fmt: skip
    lengths += [_read_length(part) for part in style.get("margin", "").split()]
    return any(length is not None and length <= -MIN_OFF_SCREEN_PX for length in lengths)


def _read_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_length(value: str, around_px: float = 16.0) -> float | None:
    """A length in pixels; None for one that depends on something else, and for none."""
    number = value.rstrip("abcdefghijklmnopqrstuvwxyz%")
    unit = value[len(number) :]
    found = _read_number(number)
    if found is None:
        return None
    if unit == "%":
        return 0.0 if found == 0 else None
    scale = around_px if unit == "em" else PIXELS.get(unit)
    return None if scale is None else found * scale


def _compute_size(around_px: float, style: Mapping[str, str]) -> float:
    """The height of its letters, in pixels."""
    said = style.get("font-size", "")
    if not said and "font" in style:
        sizes = [part.partition("/")[0] for part in style["font"].split()]
        said = next((each for each in sizes if each[:1].isdigit() and not each.isdigit()), "")
        said = said or next((each for each in sizes if each == "0"), "")
    if said.endswith("%") and (share := _read_number(said[:-1])) is not None:
        return around_px * share / 100
    length = _read_length(said, around_px)
    return around_px if length is None else length


def _compute_color(around: Look, style: Mapping[str, str]) -> tuple[bool, Color | None]:
    """Whether its letters are clear, and their colour."""
    said = style.get("-webkit-text-fill-color") or style.get("color", "")
    if not said or said == "inherit":
        return around.is_clear, around.color
    if said == "transparent" or _read_alpha(said) <= MAX_OPACITY:
        return True, around.color
    return False, read_color(said)


def _compute_ground(around: Color | None, style: Mapping[str, str]) -> Color | None:
    """The colour behind it; None where there is a picture, or a colour nobody can tell."""
    said = style.get("background-color") or style.get("background", "")
    if "url(" in style.get("background-image", "") or "(" in said.partition("rgb")[0]:
        return None
    if not said or said in {"transparent", "none", "inherit", "initial", "unset"}:
        return around
    words = [said, *said.split()]
    found = next((color for word in words if (color := read_color(word))), None)
    if found is None or _read_alpha(said) <= MAX_OPACITY:
        return around if _read_alpha(said) <= MAX_OPACITY else None
    return found


def _read_alpha(value: str) -> float:
    """How solid a colour is, 0 to 1."""
    if value.startswith("#") and len(value) in {5, 9}:
        digits = value[4:5] * 2 if len(value) == 5 else value[7:9]
        return int(digits, 16) / 255 if _is_hex(digits) else 1.0
    numbers = _list_numbers(value)
    return _read_share(numbers[3]) if value.startswith(("rgb", "hsl")) and numbers[3:] else 1.0


def _list_numbers(value: str) -> list[str]:
    inner = value.partition("(")[2].partition(")")[0]
    return inner.replace(",", " ").replace("/", " ").split()


def _is_hex(digits: str) -> bool:
    return bool(digits) and all(digit in "0123456789abcdef" for digit in digits)


def read_color(value: str) -> Color | None:
    """Red, green and blue of a colour, 0 to 255 each; None for one that is not known.

    >>> read_color("#fff"), read_color("rgb(254, 254, 254)"), read_color("chartreuse-ish")
    ((255, 255, 255), (254, 254, 254), None)
    """
    if value in NAMED_COLORS:
        return NAMED_COLORS[value]
    digits = value.removeprefix("#")
    if _is_hex(digits) and len(digits) in {3, 4}:
        return int(digits[0] * 2, 16), int(digits[1] * 2, 16), int(digits[2] * 2, 16)
    if _is_hex(digits) and len(digits) in {6, 8}:
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if value.startswith("rgb"):
        parts = [_read_channel(part) for part in _list_numbers(value)[:3]]
        if len(parts) == 3:
            return parts[0], parts[1], parts[2]
    if value.startswith("hsl") and (numbers := _list_numbers(value))[2:]:
        return _convert_hsl(numbers)
    return None


def _read_channel(text: str) -> int:
    number = _read_number(text.removesuffix("%")) or 0.0
    return max(0, min(255, round(number * 2.55 if text.endswith("%") else number)))


def _convert_hsl(numbers: Sequence[str]) -> Color | None:
    """Only what is nearly white or nearly black: the hue says nothing there."""
    light = _read_number(numbers[2].removesuffix("%"))
    if light is None or 4 < light < 96:
        return None
    level = round(light * 2.55)
    return level, level, level
