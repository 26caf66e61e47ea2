"""Reading raw mails, the broken ones too."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from tests.support.raw_mails import letter, reply
from tests.support.shared_data import shared_data
from tickets.mail.reading import UnreadableMail, read_mail

TOP = b"From: marta@example.com\nSubject: Lamp\nMessage-ID: <first@example.com>\n"


def test_a_mail_says_who_wrote_what_and_when() -> None:
    mail = read_mail(letter())
    assert (mail.from_name, mail.from_email) == ("Marta Lindqvist", "marta@example.com")
    assert (mail.subject, mail.text) == ("Broken lamp", "My lamp is broken.")
    assert mail.date == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
    assert mail.message_id == "<first@example.com>"


def test_a_reply_names_its_thread() -> None:
    mail = read_mail(reply(References="<root@example.com> <first@example.com>"))
    assert mail.in_reply_to == "<first@example.com>"
    assert mail.references == ("<root@example.com>", "<first@example.com>")


def test_a_mail_without_an_id_gets_the_same_one_every_time() -> None:
    raw = letter(Message_ID="")
    assert read_mail(raw).message_id == read_mail(raw).message_id
    assert read_mail(raw).message_id != read_mail(raw + b"!").message_id


def test_an_id_too_long_to_store_is_still_found_by_its_reply() -> None:
    long = f"<{'x' * 900}@example.com>"
    first = read_mail(TOP.replace(b"<first@example.com>", long.encode()) + b"\nhi")
    answer = read_mail(TOP + f"In-Reply-To: {long}\n\nhi".encode())
    assert first.message_id == answer.in_reply_to
    assert len(first.message_id) < 400


def test_our_server_s_stamp_counts_before_the_writer_s_date() -> None:
    raw = b"Received: from x by y; Sun, 15 Mar 2026 08:00:00 +0000\n" + letter()
    assert read_mail(raw).date == datetime(2026, 3, 15, 8, tzinfo=UTC)


def test_a_date_in_the_future_is_not_believed() -> None:
    assert read_mail(letter(Date="Sat, 14 Mar 2199 09:30:00 +0000")).date is None


def test_text_in_the_wrong_charset_is_read_anyway() -> None:
    raw = TOP + b"Content-Type: text/plain; charset=us-ascii\n\n" + "Größe für 5 €".encode()
    assert read_mail(raw).text == "Größe für 5 €"


def test_text_in_a_charset_nobody_knows_is_read_anyway() -> None:
    raw = TOP + b"Content-Type: text/plain; charset=klingon\n\nna\xefve"
    assert read_mail(raw).text == "naïve"


def test_html_alone_becomes_text_with_its_quotation_split_off() -> None:
    html = (
        "<p>It <b>broke</b>.</p><ul><li>shade</li><li>cable</li></ul>"
        "<div>On Mon, 2 Mar 2026 at 10:11, Help &lt;help@shop.example&gt; wrote:<br>"
        "<blockquote>Sorry!</blockquote></div>"
    )
    mail = read_mail(TOP + b"Content-Type: text/html\n\n" + html.encode())
    assert mail.text == "It broke.\n\n- shade\n- cable"
    assert "> Sorry!" in mail.quoted


def test_html_is_kept_without_what_runs_or_loads() -> None:
    html = (
        '<p onclick="x()">Hi<script>x()</script><img src="http://spy.example/1.gif"><a '
        'href="javascript:x()">y</a></p>'
    )
    kept = read_mail(TOP + b"Content-Type: text/html\n\n" + html.encode()).html
    assert "Hi" in kept
    assert not any(bad in kept for bad in ("script", "onclick", "spy.example", "<img"))


def test_attachments_are_read_with_their_names() -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "marta@example.com", "Photo"
    mail.set_content("See the photo.")
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="../../lamp.png")
    read = read_mail(bytes(mail))
    assert read.text == "See the photo."
    assert [(file.name, file.content) for file in read.attachments] == [("lamp.png", b"\x89PNG")]


def test_a_forwarded_mail_is_a_file() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner["Subject"] = "Your order"
    inner.set_content("Thank you for your order.")
    outer["From"] = "marta@example.com"
    outer.set_content("See below.")
    outer.add_attachment(inner)
    read = read_mail(bytes(outer))
    assert read.text == "See below."
    assert read.attachments[0].name == "Your order.eml"
    assert b"Thank you for your order." in read.attachments[0].content


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "junk"},
        {"Precedence": "bulk", "List_Unsubscribe": "<https://news.example.org/out>"},
        {"List_Id": "<news.example.org>", "List_Unsubscribe": "<mailto:out@example.org>"},
        {"List_Id": "<news.example.org>", "From": "News <newsletter@example.org>"},
        {"Return_Path": "<>"},
        {"From": "Mail Delivery <MAILER-DAEMON@example.com>"},
    ],
)
def test_a_mail_no_person_wrote_is_automatic(headers: dict[str, str]) -> None:
    assert read_mail(letter(**headers)).is_automatic


def test_a_person_s_mail_is_not_automatic() -> None:
    assert not read_mail(letter(Auto_Submitted="no")).is_automatic


def test_mails_to_our_own_group_are_people_s() -> None:
    raw = letter(List_Id="<help.harbourandpine.example>", Precedence="list")
    assert not read_mail(raw, own_address="help@harbourandpine.example").is_automatic


def test_the_only_words_are_read_even_when_all_of_them_are_quoted() -> None:
    assert "lamp" in read_mail(letter("> My lamp is broken.\n")).text


def test_nul_and_halves_of_characters_are_left_out() -> None:
    mail = read_mail(b"From: marta@example.com\nSubject: a\0b \xed\xa0\x80\n\nhel\0lo")
    assert mail.text == "hello"
    assert "\0" not in mail.subject
    mail.subject.encode()


def test_bytes_that_are_no_mail_say_so() -> None:
    with pytest.raises(UnreadableMail, match="no mail header"):
        read_mail(b"\x00\x01\x02 just bytes")


@pytest.mark.parametrize(
    "raw",
    [
        b"From: " + b"(" * 100_000 + b"\n\nhi",
        b"From: " + b"a@b.example, " * 100_000 + b"\n\nhi",
        b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\n\nhi",
        TOP + b"Content-Type: text/html\n\n" + b"<div>" * 100_000,
        TOP + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nhi\n" * 5_000,
        TOP
        + b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(900)
        ),
        TOP + b"Content-Transfer-Encoding: base64\n\n!not base64=\n",
        TOP + b"Content-Type: text/plain; charset=idna\n\n" + b"a" * 100_000,
        TOP + b"Date: Mon, 99 Foo 99999 99:99:99 +9999\n\nhi",
        TOP + b"Content-Type: application/x; name*0*=utf-99''%ff%fe\n\nhi",
        TOP + b"Content-Type: \xff\xfe\n\nhi",
        TOP,
    ],
)
def test_garbage_that_can_be_kept_is_kept(raw: bytes) -> None:
    assert read_mail(raw).raw == raw


def test_python_s_own_test_mails_are_all_read() -> None:
    paths = sorted(shared_data("emails/cpython_test_email").glob("msg_*.txt"))
    unread = []
    for path in paths:
        try:
            read_mail(path.read_bytes())
        except UnreadableMail:
            unread.append(path.name)
    assert len(paths) > 40
    assert unread == ["msg_19.txt"]  # a body without a header, by design


def test_replies_of_real_mail_programs_say_hello() -> None:
    folder = shared_data("emails/talon/tests/fixtures/standard_replies")
    texts = {path.name: read_mail(path.read_bytes()).text for path in folder.glob("*.eml")}
    assert set(texts.values()) == {"Hello"}, texts
