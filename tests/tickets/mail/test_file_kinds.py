"""A photo is one by its bytes."""

from __future__ import annotations

import pytest

from tickets.mail.file_kinds import identify_content_type

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"II*\0", "image/tiff"),
        (b"BM" + b"\0" * 12 + b"\x28\0\0\0", "image/bmp"),
    ],
)
@pytest.mark.parametrize("declared", ["application/octet-stream", "image/jpeg", "text/plain"])
def test_a_picture_is_known_whatever_is_said_of_it(
    content: bytes, kind: str, declared: str
) -> None:
    assert identify_content_type(declared, content) == kind


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.4", b"MZ", b"", b"BMW is a car", b"RIFF\0\0\0\0AVI ", b"\0\0\0\x18ftypisom"],
)
def test_what_is_no_picture_does_not_count_as_one(content: bytes) -> None:
    assert identify_content_type("image/jpeg", content) == "application/octet-stream"
    assert identify_content_type("application/pdf", content) == "application/pdf"


def test_a_rare_kind_of_picture_is_believed() -> None:
    assert identify_content_type("image/x-canon-cr2", b"camera") == "image/x-canon-cr2"
