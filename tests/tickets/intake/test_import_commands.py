"""The import commands: files of mails and rows, good and bad."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.support.raw_mails import letter, reply
from tests.support.shared_data import shared_data
from tickets.models import Customer, Message, Order, RefusedMail, Ticket

pytestmark = pytest.mark.django_db

ORDERS = """number,customer,status,placed_at,sku,name,quantity,unit_price,paid,refunded
HP-1,C-1,shipped,2026-03-01T10:00:00Z,L1,Lamp,1,42.00,61.00,
HP-1,C-1,shipped,2026-03-01T10:00:00Z,N4,Napkins,2,9.50,61.00,
HP-2,C-1,paid,2026-03-02T10:00:00Z,L2,Shade,1,12.00,12.00,
"""


def run(command: str, path: Path) -> tuple[int, str, str]:
    """Exit code, last words and errors of an import."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(command, path, stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def customer() -> Customer:
    return Customer.objects.create(external_id="C-1", email="marta@example.com")


def test_a_folder_of_mails_goes_in_once(tmp_path: Path) -> None:
    (tmp_path / "older").mkdir()
    written(tmp_path / "older" / "1.eml", letter())
    written(tmp_path / "z.eml", reply())
    assert run("import_mail", tmp_path) == (
        0,
        "mails: 1 created, 1 joined a thread, 0 skipped\n",
        "",
    )
    assert run("import_mail", tmp_path) == (0, "mails: 2 unchanged, 0 skipped\n", "")
    assert Message.objects.count() == 2


def test_a_file_that_is_no_mail_is_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    written(tmp_path / "a.bin", b"\x00\x01")
    written(tmp_path / "b.eml", letter())
    code, said, errors = run("import_mail", tmp_path)
    assert (code, said) == (1, "mails: 1 created, 1 skipped\n")
    assert errors.startswith(f"{tmp_path / 'a.bin'}: skipped, it has no mail header")


def test_an_mbox_is_taken_apart(tmp_path: Path) -> None:
    body = "Hello.\n\nFrom here on it went wrong.\n\n>From the shop I heard nothing."
    box = b"From marta@example.com Sat Mar 14 09:30:00 2026\n" + letter(body) + b"\n"
    box += b"From marta@example.com Sun Mar 15 09:30:00 2026\n" + reply() + b"\n"
    code, said, _ = run("import_mail", written(tmp_path / "archive.mbox", box))
    assert (code, said) == (0, "mails: 1 created, 1 joined a thread, 0 skipped\n")
    first = Message.objects.order_by("id")[0]
    assert "From here on" in first.text
    assert "From the shop I heard nothing." in first.text


@pytest.mark.parametrize(
    ("before", "separator", "end"),
    [
        ("", "From - Mon Nov  2 1{}:00:00 2026", "\n"),
        ("\ufeff", "From ana@example.org Mon Nov  2 1{}:00:00 2026", "\n\n"),
        ("\n\n", "From MAILER-DAEMON Mon, 2 Nov 2026 1{}:00:00 +0100", "\n"),
        ("", "From ana@example.org 2026-11-02T1{}:00:00Z", "\n"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_an_mbox_is_taken_apart_however_it_was_written(
    tmp_path: Path, before: str, separator: str, end: str, line_end: str
) -> None:
    box = before
    for number in range(2):
        header = f"X-Mozilla-Status: 0001\nFrom: ana@example.org\nMessage-ID: <{number}@x>\n"
        box += f"{separator.format(number)}\n{header}\nFrom here on: bad {number}{end}"
    box = box.replace("\n", line_end)
    code, said, _ = run("import_mail", written(tmp_path / "folder", box))
    assert (code, said) == (0, "mails: 2 created, 0 skipped\n")
    texts = Message.objects.order_by("message_id").values_list("text", flat=True)
    assert list(texts) == ["From here on: bad 0", "From here on: bad 1"]


def test_a_mail_whose_first_header_has_a_blank_is_no_mbox(tmp_path: Path) -> None:
    raw = b"From : Ana <ana@example.org>\nSubject: Lamp\n\nPlease refund."
    assert run("import_mail", written(tmp_path / "a.eml", raw))[0] == 0
    assert Ticket.objects.get().email == "ana@example.org"


def test_a_mail_that_is_refused_is_kept_with_its_reason(tmp_path: Path) -> None:
    written(tmp_path / "a.bin", b"just words")
    errors = run("import_mail", tmp_path)[2]
    run("import_mail", tmp_path)
    kept = RefusedMail.objects.get()
    assert bytes(kept.raw or b"") == b"just words"
    assert (kept.place, kept.attempts) == (str(tmp_path / "a.bin"), 2)
    assert "no mail header" in kept.reason
    assert "an admin sees them" in errors.splitlines()[-1]


def test_python_s_own_test_mails_are_kept_and_none_is_lost() -> None:
    folder = shared_data("emails/cpython_test_email")
    code, said, errors = run("import_mail", folder)
    assert code == 1  # SOURCE.txt, and one body without a header
    assert [line.split(":")[0].rpartition("/")[2] for line in errors.splitlines()[:-1]] == [
        "SOURCE.txt",
        "msg_19.txt",
    ]
    kept = {bytes(message.raw or b"") for message in Message.objects.exclude(raw=None)}
    assert said == "mails: 44 created, 3 unchanged, 2 skipped\n"
    assert len(kept) == 44
    assert run("import_mail", folder)[1] == "mails: 47 unchanged, 2 skipped\n"


def test_a_path_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not there"):
        call_command("import_mail", tmp_path / "nothing")


def test_tickets_come_from_json_lines_and_bad_lines_are_named(tmp_path: Path) -> None:
    good = json.dumps({"external_id": "T-1", "body": "Where is it?", "received_at": "2026-03-14"})
    path = written(tmp_path / "tickets.jsonl", f'{good}\n{{"external_id": \n[1]\n{{"body": "x"}}\n')
    code, said, errors = run("import_tickets", path)
    assert (code, said) == (1, "tickets: 1 created, 3 skipped\n")
    assert [line.split(": ")[0] for line in errors.splitlines()] == [
        f"{path}:{n}" for n in (2, 3, 4)
    ]
    assert Ticket.objects.get().messages.get().text == "Where is it?"


def test_customers_come_from_a_spreadsheet_with_semicolons(tmp_path: Path) -> None:
    text = (
        "\ufeffexternal_id;name;email;since;address\r\n"
        'C-1;Marta;m@example.com;2023-04-02;"Quay 1\r\nLeeds"\r\n'
    )
    assert run("import_customers", written(tmp_path / "c.csv", text))[1].startswith(
        "customers: 1 created"
    )
    assert Customer.objects.get().address == "Quay 1\r\nLeeds"


def test_a_row_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "c.csv", "external_id,name\nC-1,Jos\xe9\nC-2,Ana\n".encode("latin-1"))
    code, said, errors = run("import_customers", path)
    assert (code, said) == (1, "customers: 1 created, 1 skipped\n")
    assert errors == f"{path}:2: skipped, name is not UTF-8: save the file as UTF-8.\n"


def test_a_column_nobody_knows_is_mentioned_once(tmp_path: Path) -> None:
    path = written(tmp_path / "c.csv", "external_id,shoe_size\nC-1,40\nC-2,41\n")
    code, _, errors = run("import_customers", path)
    assert code == 0
    assert errors.count("shoe_size") == 1


def test_orders_come_from_a_table_with_a_row_a_line(tmp_path: Path, customer: Customer) -> None:
    path = written(tmp_path / "orders.csv", ORDERS)
    assert run("import_orders", path) == (0, "orders: 2 created, 0 skipped\n", "")
    assert run("import_orders", path)[1] == "orders: 2 unchanged, 0 skipped\n"
    order = Order.objects.get(number="HP-1")
    assert order.lines.count() == 2
    assert str(order.compute_paid_total()) == "61.00"


@pytest.mark.parametrize(
    "broken",
    [
        "HP-1,C-1,shipped,2026-03-01T10:00:00Z,X\n",
        ",C-1,shipped,2026-03-01T10:00:00Z,X,X,1,1.00,61.00,\n",
        "HP-1,C-1,paid,2026-03-01T10:00:00Z,X,X,1,1.00,61.00,\n",
        "HP-1,C-1,shipped,2026-03-01T10:00:00Z,X,X,none,1.00,61.00,\n",
    ],
)
def test_an_order_with_one_bad_row_is_left_out_whole(
    tmp_path: Path, customer: Customer, broken: str
) -> None:
    lines = ORDERS.splitlines(keepends=True)
    path = written(tmp_path / "orders.csv", "".join([*lines[:2], broken, *lines[2:]]))
    code, _, errors = run("import_orders", path)
    assert code == 1
    assert errors
    assert [order.number for order in Order.objects.all()] == ["HP-2"]


def test_an_order_whose_rows_are_apart_is_refused(tmp_path: Path, customer: Customer) -> None:
    lines = ORDERS.splitlines(keepends=True)
    path = written(tmp_path / "orders.csv", "".join([lines[0], lines[1], lines[3], lines[2]]))
    code, said, errors = run("import_orders", path)
    assert (code, said) == (1, "orders: 2 created, 1 skipped\n")
    assert "sort the file by number" in errors


def test_orders_come_from_json_lines_without_losing_a_cent(
    tmp_path: Path, customer: Customer
) -> None:
    row = (
        '{"number": "HP-1", "customer": "C-1", "lines": [{"name": "Lamp", "unit_price": 42.10}]}\n'
    )
    assert run("import_orders", written(tmp_path / "o.jsonl", row))[0] == 0
    assert str(Order.objects.get().lines.get().unit_price) == "42.10"


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "is empty"),
        (b"[{}]", "one JSON array"),
        ("number\n".encode("utf-16"), "save it as UTF-8"),
        (b"PK\x03\x04", "unpack it"),
        (b"colour,size\nred,5\n", "no known column"),
    ],
)
def test_a_file_that_is_no_table_says_what_to_do(
    tmp_path: Path, content: bytes, advice: str
) -> None:
    with pytest.raises(CommandError, match=advice):
        call_command("import_orders", written(tmp_path / "o", content))
