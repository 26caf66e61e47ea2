"""Tables as spreadsheets of every kind write them: read right, or refused in a sentence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.support.raw_mails import letter
from tickets.intake.files import csv_rows, text_lines
from tickets.models import Customer, Order, OrderLine

pytestmark = pytest.mark.django_db

HEAD = (
    "number,customer,status,currency,placed_at,delivered_at,sku,name,quantity,unit_price,paid,"
    "refunded"
)
ROW = "A-1,c1,delivered,GBP,2026-10-01T10:00:00Z,2026-10-05T10:00:00Z,L1,Lamp,1,49.00,49.00,0"
NEXT = ROW.replace("A-1", "A-2")
JSON = (
    '{"number": "A-1", "customer": "c1", "lines": [{"name": "Lamp", "unit_price": "49.00"}],'
    ' "paid": "49.00"}'
)


def table(*lines: str, end: str = "\n", encoding: str = "utf-8", mark: str = ",") -> bytes:
    return (end.join(lines) + end).replace(",", mark).encode(encoding)


def take(folder: Path, content: bytes) -> tuple[int, str]:
    """How the import of an order file ended, and all that was said."""
    Customer.objects.get_or_create(external_id="c1")
    path, out = folder / "orders.csv", io.StringIO()
    path.write_bytes(content)
    try:
        call_command("import_orders", path, stdout=out, stderr=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    except CommandError as error:
        return 1, str(error)
    return 0, out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        table(HEAD + ",,", ROW + ",,"),
        table(HEAD + ",,", ROW),
        table(HEAD, ROW + ",,"),
        table(HEAD + ", ,  ", ROW + ",,"),
        table("," + HEAD, "0," + ROW),
        table("sep=;", HEAD.replace(",", ";"), ROW.replace(",", ";")),
        table("SEP=;", HEAD, ROW, mark=";"),
        table('"sep=;"', HEAD, ROW, mark=";"),
        table("sep=;,,,", HEAD, ROW, mark=";"),
        table("sep=,", HEAD, ROW),
        table("sep=|", HEAD, ROW, mark="|"),
        b"\xef\xbb\xbf" + table("sep=;", HEAD, ROW, mark=";", end="\r\n"),
        table(HEAD, ROW, mark="\t"),
        table(HEAD, ROW, mark="|"),
        table(HEAD, ROW, end="\r"),
        table(HEAD, ROW, end="\r").strip(),
        table(HEAD, ROW, end="\r\r\n"),
        table("", "  ", HEAD, "", ROW, "", ""),
        table(HEAD.upper(), ROW),
        table(HEAD.replace(",", " , "), ROW),
        table(HEAD.replace("_", " ").title(), ROW),
        table(HEAD.replace("sku", '"sku\n"'), ROW),
        table(HEAD, ROW.replace(",Lamp", ', "Lamp"')),
    ],
)
def test_a_table_is_read_however_it_was_saved(tmp_path: Path, content: bytes) -> None:
    assert take(tmp_path, content) == (0, "orders: 1 created, 0 skipped\n")
    line = OrderLine.objects.get()
    assert (line.name, str(line.unit_price), line.order.number) == ("Lamp", "49.00", "A-1")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_every_line_end_ends_a_line_but_not_inside_quotes(tmp_path: Path, end: str) -> None:
    quoted = NEXT.replace("Lamp", f'"La{end}mp"')
    assert take(tmp_path, table(HEAD, ROW, quoted, end=end))[0] == 0
    assert OrderLine.objects.get(order__number="A-2").name == f"La{end}mp"


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "latin-1"])
def test_bytes_that_are_no_utf_8_are_refused_in_orders_as_in_customers(
    tmp_path: Path, encoding: str
) -> None:
    row = NEXT.replace("Lamp", "Lämpchen")
    code, said = take(tmp_path, table(HEAD, ROW, row, encoding=encoding))
    assert (code, Order.objects.get().number) == (1, "A-1")
    assert "csv:3: skipped, name is not UTF-8: save the file as UTF-8." in said


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (table(HEAD + ",größe", ROW + ",5", encoding="cp1252"), "the first line is not UTF-8"),
        (JSON.replace("Lamp", "Lämp").encode("latin-1"), "the line is not UTF-8"),
        (JSON.replace('"paid"', '"é": {}, "paid"').encode("latin-1"), "the line is not UTF-8"),
        (JSON.replace("Lamp", "\\ud83d").encode(), "name is not UTF-8"),
        (table(HEAD, ROW, encoding="utf-16"), "UTF-16"),
        (table(HEAD, ROW, encoding="utf-16-le"), "no text in UTF-8"),
        (table(HEAD, ROW.replace("Lamp", "La\0mp")), "name has a NUL byte"),
        (JSON.replace("Lamp", "La\0mp").encode(), "the line has a NUL byte"),
        (table(HEAD, ROW.replace("Lamp", '"Lamp'), NEXT), "a quote that is not closed"),
        (table('"' + HEAD, ROW), "the first line cannot be read: the row does not end"),
        (table(HEAD, ROW.replace("Lamp", '"La"mp')), "a quote that is missing or not doubled"),
        (table(HEAD + ",name", ROW + ",Shade"), "'name' is named twice"),
        (table(HEAD + ",,", ROW + ",7,"), "column 13 has '7' in it and no name"),
        (table(HEAD, ROW + ",7"), "13 cells and the header 12"),
        (table(HEAD + ",,", ROW.replace("49.00", "49,00")), "column 13 has '00'"),
        (table(HEAD, ROW, mark=";").replace(b"49.00", b"49,00"), "1234.50, with a point"),
        (table(HEAD, ROW.replace("49.00", "4_900")), "1234.50, with a point"),
        (table(HEAD, ROW.replace("49.00", "4.9E+01")), "1234.50, with a point"),
        (table(HEAD, ROW.replace("GBP", "JPY").replace("49.00", "1000.50")), "JPY has no smaller"),
        (table(HEAD, ROW.replace("2026-10-01T10:00:00Z", "2026-10-01xyz")), "2026-03-14T09:30"),
        (table(HEAD, ROW.replace("2026-10-01T10", "0001-01-01T10")), "a day of 1900 to 2199"),
        (JSON.replace('"paid"', '"paid": "9", "paid"').encode(), "'paid' twice"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as CSV in UTF-8"),
        (b"\n\r\n \n", "is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(
    tmp_path: Path, content: bytes, advice: str
) -> None:
    code, said = take(tmp_path, content)
    assert (code, Order.objects.exists()) == (1, False)
    assert advice in said
    assert "codec" not in said


def test_a_line_without_an_end_stops_the_reading_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_lines, "CHUNK_BYTES", 256)
    monkeypatch.setattr(text_lines, "MAX_LINE_BYTES", 512)
    long = NEXT.replace("A-2", "x" * 999)
    code, said = take(tmp_path, table(HEAD, ROW, NEXT, long, "", NEXT.replace("A-2", "A-3")))
    assert (code, Order.objects.get().number) == (1, "A-1")  # it may have been a line of A-2
    assert "csv:4: skipped, the line is longer than 0 MB, and nothing after it was read" in said


def test_a_quote_that_swallows_the_file_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "MAX_CELL_CHARS", 2_000)
    rows = [NEXT.replace("A-2", f"B-{number}") for number in range(99)]
    code, said = take(tmp_path, table(HEAD, ROW, NEXT, NEXT.replace("Lamp", '"Lamp'), *rows))
    assert (code, said.count("skipped, ")) == (1, 2)
    assert "order A-2 is left out whole" in said
    assert Order.objects.get().number == "A-1"


@pytest.mark.parametrize(
    "command", ["import_customers", "import_offers", "import_orders", "import_tickets"]
)
@pytest.mark.parametrize("content", [letter(), bytes(range(256)) * 20, b'"', b"{", b"sep=;\n"])
def test_no_import_ends_in_a_traceback(tmp_path: Path, command: str, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises((CommandError, SystemExit)) as ended:
        call_command(command, path, stdout=io.StringIO(), stderr=io.StringIO())
    assert "Traceback" not in str(ended.value)
