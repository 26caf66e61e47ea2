"""What a file is, by its first bytes: what a mail program says of it is often wrong."""

from __future__ import annotations

# Photos as cameras, telephones and scanners write them.
PICTURE_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\0\x0cJXL ", "image/jxl"),
)
# The box "ftyp" of ISO 14496-12 and its brands for pictures.
PICTURE_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
}
KNOWN_PICTURES = frozenset(
    [*(kind for _, _, kind in PICTURE_SIGNATURES), *PICTURE_BRANDS.values()]
    + ["image/jpg", "image/pjpeg", "image/x-png", "image/x-ms-bmp", "image/*"]
)
BMP_HEADER_SIZES = frozenset({12, 40, 52, 56, 64, 108, 124})


def identify_content_type(declared: str, content: bytes) -> str:
    """The content type of a file: a picture is one by its bytes, whatever it is said to be, and
    what is said to be a common picture but is none is octets.
    """
    found = find_picture_type(content)
    if found:
        return found
    is_said = declared.lower() in KNOWN_PICTURES
    return "application/octet-stream" if is_said else declared


def find_picture_type(content: bytes) -> str:
    """The type of a picture, or "" where the bytes are none."""
    if content[4:8] == b"ftyp":
        return PICTURE_BRANDS.get(content[8:12], "")
    for start, signature, kind in PICTURE_SIGNATURES:
        if content.startswith(signature, start) and _is_whole_sign(content, kind):
            return kind
    return ""


def _is_whole_sign(content: bytes, kind: str) -> bool:
    """Whether a short signature is confirmed by what must stand beside it."""
    if kind == "image/webp":
        return content.startswith(b"RIFF")
    if kind == "image/bmp":
        return int.from_bytes(content[14:18], "little") in BMP_HEADER_SIZES
    return True
