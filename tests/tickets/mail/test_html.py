"""HTML of mails as the text that people see."""

from __future__ import annotations

import pytest

from tickets.mail.html import extract_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><noscript><p>b</p></noscript>", "a\n\nb"),
        ("Paid <math><mn>49</mn><mo>+</mo><mn>5</mn></math> euro", "Paid 49 + 5 euro"),
        ("<math><mi>x</mi><annotation encoding='application/x-tex'>x</annotation></math>", "x"),
        ("<svg><title>no</title><text>label</text></svg> z", "label z"),
        ("<svg/><b>bold</b><br>z", "bold\nz"),
        ("<xmp>a</xmp><noframes>b</noframes>", "a\nb"),
        ("<iframe>no</iframe>w", "w"),
        ("<script>'<noscript>no</noscript>'</script>yes", "yes"),
        ("1 < 2 and <3", "1 < 2 and <3"),
    ],
)
def test_what_a_mail_program_shows_is_read(html: str, text: str) -> None:
    lines = extract_text(html).split("\n")
    assert "\n".join(" ".join(line.split()) for line in lines) == text
