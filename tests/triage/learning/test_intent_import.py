"""ada brings her own taxonomy: intents and examples from a file, each once, nothing lost."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from triage.learning.intent_import import format_intent_name, import_intents, slugify_label
from triage.models import Intent, IntentExample
from triage.views import learning

pytestmark = pytest.mark.django_db
ROWS = """sentence,label
When does it come,WHERE_IS_IT
Has it left yet,WHERE_IS_IT
Money back please,refund-request
Do you sell boats,NO_NODES_DETECTED
What is the weather,oos
Hello there,
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "ours.csv"
    made.write_text(ROWS)
    return made


def test_intents_and_examples_are_made_from_a_table(file: Path) -> None:
    done = import_intents(file)
    assert list(Intent.objects.values_list("slug", "name")) == [
        ("refund-request", "Refund request"),
        ("where-is-it", "Where is it"),
    ]
    assert IntentExample.objects.get(text="Has it left yet").intent_id == _pk("where-is-it")
    assert (done.created, done.unchanged, done.problems) == (6, 0, [])


def test_what_is_none_of_ours_becomes_background(file: Path) -> None:
    import_intents(file)
    background = IntentExample.objects.filter(intent=None).values_list("text", flat=True)
    assert set(background) == {"Do you sell boats", "What is the weather", "Hello there"}


def test_the_same_file_twice_adds_nothing(file: Path) -> None:
    import_intents(file)
    again = import_intents(file)
    assert (again.created, again.unchanged, again.intents) == (0, 6, [])
    assert IntentExample.objects.count() == 6


@pytest.mark.parametrize("columns", ["text,category", "text,intent", "text,label"])
def test_other_names_of_the_columns_are_known(tmp_path: Path, columns: str) -> None:
    made = tmp_path / "ours.csv"
    made.write_text(f"{columns}\nWhere is my lamp?,card_arrival\n")
    import_intents(made)
    assert Intent.objects.get().name == "Card arrival"


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    made = tmp_path / "ours.jsonl"
    made.write_text(
        '{"text": "Where is it?", "intent": "where"}\n{"text": "Rain?", "intent": null}\n'
    )
    assert import_intents(made).created == 2
    assert IntentExample.objects.get(text="Rain?").intent is None


def test_a_bad_row_is_named_with_its_line_and_the_others_go_in(tmp_path: Path) -> None:
    made = tmp_path / "ours.csv"
    long = "word " * 500
    made.write_text(
        f"text,label\nWhere is it?,where\n,where\n{long},where\nSent?,where,more\nYes?,yes\n"
    )
    done = import_intents(made)
    assert done.created == 2
    assert [problem.partition(":")[0] for problem in done.problems] == [
        "Line 3",
        "Line 4",
        "Line 5",
    ]
    assert "there is no text" in done.problems[0]
    assert "2,000" in done.problems[1]
    assert "3 cells" in done.problems[2]


def test_bytes_that_are_no_utf8_are_refused_by_their_line(tmp_path: Path) -> None:
    made = tmp_path / "ours.csv"
    made.write_bytes(b"text,label\nCaf\xe9?,where\nWhere?,where\n")
    done = import_intents(made)
    assert done.problems == ["Line 2: text is not UTF-8: save the file as UTF-8."]
    assert done.created == 1


def test_a_number_where_a_text_belongs_is_named(tmp_path: Path) -> None:
    made = tmp_path / "ours.jsonl"
    made.write_text('{"text": 7, "label": "where"}\n{"label": "where"}\n')
    first, second = import_intents(made).problems
    assert first == "Line 1: “text” is no text: put it between quotation marks."
    assert second == "Line 2: none of these is there: text, sentence."


def test_only_retires_the_others_and_deletes_nothing(file: Path) -> None:
    old = Intent.objects.create(slug="gift-wrap", name="Gift wrap")
    old.examples.create(text="Can you wrap it?")
    done = import_intents(file, only=True)
    old.refresh_from_db()
    assert (done.retired, old.active, old.examples.count()) == (["Gift wrap"], False, 1)


def test_an_intent_that_was_retired_is_taken_up_again(file: Path) -> None:
    old = Intent.objects.create(slug="where-is-it", name="Where is my order?", active=False)
    assert import_intents(file).taken_up == ["Where is my order?"]
    old.refresh_from_db()
    assert (old.active, old.examples.count()) == (True, 2)


def test_more_intents_take_no_more_queries(tmp_path: Path) -> None:
    counts = []
    for labels in (3, 60):
        file = tmp_path / f"{labels}.csv"
        lines = (f"Text {n},kind {labels} {n}" for n in range(labels))
        file.write_text("\n".join(["text,label", *lines]))
        for retired in (False, True):
            if retired:
                Intent.objects.update(active=False)
            with CaptureQueriesContext(connection) as asked:
                done = import_intents(file)
            assert len(done.taken_up if retired else done.intents) == labels
            counts.append(len(asked))
    assert counts[:2] == counts[2:]


def test_a_name_that_is_known_finds_its_intent(tmp_path: Path) -> None:
    known = Intent.objects.create(slug="order-status", name="Where is my order?")
    made = tmp_path / "ours.csv"
    made.write_text("text,label\nHas it left?,where is my order?\n")
    import_intents(made)
    assert known.examples.get().text == "Has it left?"


@pytest.mark.parametrize("label", ["CALL_CENTER", "call-center", "Call center"])
def test_a_label_finds_the_intent_of_its_name_under_another_address(
    tmp_path: Path, label: str
) -> None:
    known = Intent.objects.create(slug="phone", name="Call center")
    made = tmp_path / "ours.csv"
    made.write_text(f"text,label\nCan I call you?,{label}\n")
    assert import_intents(made).intents == []
    assert known.examples.get().text == "Can I call you?"


def test_two_labels_of_one_name_make_one_intent(tmp_path: Path) -> None:
    made = tmp_path / "ours.csv"
    made.write_text("text,label\nМожно вернуть?,ВОЗВРАТ\nКак вернуть?,Возврат\n")
    assert import_intents(made).intents == ["Возврат"]


@pytest.mark.parametrize(
    ("label", "slug", "name"),
    [
        ("CALL_CENTER", "call-center", "Call center"),
        ("Refund_not_showing_up", "refund-not-showing-up", "Refund not showing up"),
        ("Where is my order?", "where-is-my-order", "Where is my order?"),
        ("退款", "intent-f1c91e1d", "退款"),
    ],
)
def test_a_label_becomes_an_address_and_a_name(label: str, slug: str, name: str) -> None:
    assert (slugify_label(label), format_intent_name(label)) == (slug, name)


def test_the_command_says_what_it_did_and_fails_where_a_row_was_bad(file: Path, ada: User) -> None:
    out, err = StringIO(), StringIO()
    call_command("import_intents", str(file), "--by", "ada", stdout=out)
    assert out.getvalue() == "6 examples added, 0 were there already, 2 intents made.\n"
    file.write_text("text,label\n,where\n")
    with pytest.raises(SystemExit):
        call_command("import_intents", str(file), stdout=out, stderr=err)
    assert "Line 2: there is no text" in err.getvalue()


def test_only_an_admin_can_be_named(file: Path, ada: User, ana: User) -> None:
    with pytest.raises(CommandError, match="--by ana is no admin. The admins: ada."):
        call_command("import_intents", str(file), "--by", "ana")
    assert not Intent.objects.exists()


def test_a_file_without_known_columns_is_refused_as_a_whole(tmp_path: Path) -> None:
    made = tmp_path / "ours.csv"
    made.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="no known column"):
        import_intents(made)


def test_ada_imports_on_a_page_and_is_told_what_came_of_it(as_ada: Client, ada: User) -> None:
    upload = SimpleUploadedFile("ours.csv", (ROWS + ",WHERE_IS_IT\n").encode())
    page = as_ada.post("/machine/learning/import/", {"file": upload}).content.decode()
    assert "6 examples added" in page
    assert "Line 8: there is no text" in page
    assert IntentExample.objects.filter(source="ours.csv").count() == 6


def test_the_history_of_an_imported_intent_names_ada(as_ada: Client, ada: User) -> None:
    upload = SimpleUploadedFile("ours.csv", ROWS.encode())
    as_ada.post("/machine/learning/import/", {"file": upload})
    history = as_ada.get(f"/admin/triage/intent/{_pk('where-is-it')}/history/").content.decode()
    assert "Imported from ours.csv" in history
    assert "<td>ada</td>" in history


def test_an_unreadable_upload_is_an_error_of_the_form_without_our_paths(as_ada: Client) -> None:
    upload = SimpleUploadedFile("ours.csv", b"a,b\n1,2\n")
    answer = as_ada.post("/machine/learning/import/", {"file": upload})
    assert answer.status_code == 422
    assert "ours.csv:1: no known column" in answer.content.decode()
    assert "/tmp/" not in answer.content.decode()


def test_more_rows_than_a_page_reads_are_refused_as_a_whole(
    as_ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "MAX_IMPORT_ROWS", 5)
    upload = SimpleUploadedFile("ours.csv", ROWS.encode())
    answer = as_ada.post("/machine/learning/import/", {"file": upload})
    assert answer.status_code == 422
    assert "more than 5 rows" in answer.content.decode()
    assert not IntentExample.objects.exists()


def test_a_long_name_of_a_file_is_shortened(as_ada: Client) -> None:
    upload = SimpleUploadedFile("退" * 200 + ".csv", ROWS.encode())
    assert as_ada.post("/machine/learning/import/", {"file": upload}).status_code == 200
    assert IntentExample.objects.filter(source__endswith="退.csv").count() == 6


@pytest.mark.parametrize("who", ["ana", "sol", "nobody"])
def test_nobody_but_an_admin_imports(client: Client, request: Any, who: str) -> None:
    client.force_login(request.getfixturevalue(who))
    upload = SimpleUploadedFile("ours.csv", ROWS.encode())
    assert client.get("/machine/learning/import/").status_code == 403
    assert client.post("/machine/learning/import/", {"file": upload}).status_code == 403
    assert not Intent.objects.exists()


def _pk(slug: str) -> int:
    return Intent.objects.get(slug=slug).pk
