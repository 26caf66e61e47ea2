"""winmail.dat and .msg as Outlook writes them, as small as they can be.

[MS-OXTNEF] 2.1.3, [MS-OXMSG] 2, and [MS-CFB] with one sector chain a stream: shorter streams would
lie in a stream of their own, so each is filled up with NUL to MIN_STREAM_BYTES.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Union

SECTOR = 512
MIN_STREAM_BYTES = 4_096
NOTHING, END_OF_CHAIN, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
STORAGE, STREAM, ROOT = 1, 2, 5

Tree = dict[str, Union[bytes, "Tree"]]


def build_tnef(text: str, files: dict[str, bytes]) -> bytes:
    """A winmail.dat with a text in windows-1252 and files."""
    data = struct.pack("<IH", 0x223E9F78, 1) + _pack_tnef(
        1, 0x00069007, struct.pack("<II", 1252, 0)
    )
    data += _pack_tnef(1, 0x0002800C, text.encode("cp1252") + b"\0")
    for name, content in files.items():
        data += _pack_tnef(2, 0x00069002, b"\0" * 14)
        data += _pack_tnef(2, 0x00018010, name.encode("cp1252") + b"\0")
        data += _pack_tnef(2, 0x0006800F, content)
    return data


def _pack_tnef(level: int, attribute: int, content: bytes) -> bytes:
    head = struct.pack("<BII", level, attribute, len(content))
    return head + content + struct.pack("<H", sum(content) & 0xFFFF)


def build_msg(subject: str, text: str, sender: str, files: dict[str, bytes]) -> bytes:
    """A mail as Outlook saves it: ``sender`` is an address, ``files`` are attached."""
    tree: Tree = {
        "__properties_version1.0": b"\0" * 32,
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_1000001F": text.encode("utf-16-le"),
        "__substg1.0_5D01001F": sender.encode("utf-16-le"),
    }
    for number, (name, content) in enumerate(files.items()):
        tree[f"__attach_version1.0_#{number:08X}"] = {
            "__substg1.0_37010102": content,
            "__substg1.0_3707001F": name.encode("utf-16-le"),
        }
    return build_compound_file(tree)


@dataclass
class _Entry:
    name: str
    kind: int
    content: bytes = b""
    right: int = NOTHING
    child: int = NOTHING
    start: int = field(default=END_OF_CHAIN)

    def pack(self) -> bytes:
        name = self.name.encode("utf-16-le")
        head = name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, self.kind, 1)
        links = struct.pack("<III", NOTHING, self.right, self.child)
        return head + links + b"\0" * 36 + struct.pack("<IQ", self.start, len(self.content))


def build_compound_file(tree: Tree) -> bytes:
    """Streams and storages as a compound file; siblings are a chain to the right."""
    entries = [_Entry("Root Entry", ROOT)]
    entries[0].child = _add_entries(tree, entries)
    while len(entries) % 4:
        entries.append(_Entry("", 0))
    streams = [entry for entry in entries if entry.kind == STREAM]
    chains = [entry.content for entry in streams]
    sizes = [len(entries) // 4, *(-(-len(chain) // SECTOR) for chain in chains)]
    fat, starts = _chain_sectors(sizes)
    for entry, start in zip(streams, starts[1:], strict=True):
        entry.start = start
    body = b"".join(entry.pack() for entry in entries)
    for chain in chains:
        body += chain.ljust(-(-len(chain) // SECTOR) * SECTOR, b"\0")
    return _pack_header(starts[0]) + fat + body


def _add_entries(tree: Tree, entries: list[_Entry]) -> int:
    first = previous = NOTHING
    for name, content in tree.items():
        at = len(entries)
        is_stream = isinstance(content, bytes)
        entries.append(_Entry(name, STREAM if is_stream else STORAGE))
        if isinstance(content, bytes):
            entries[at].content = content.ljust(MIN_STREAM_BYTES, b"\0")
        else:
            entries[at].child = _add_entries(content, entries)
        if previous == NOTHING:
            first = at
        else:
            entries[previous].right = at
        previous = at
    return first


def _chain_sectors(sizes: list[int]) -> tuple[bytes, list[int]]:
    """One sector of the allocation table, and where each chain begins; at most 127 sectors."""
    table, starts = [FAT_SECTOR], []
    for size in sizes:
        starts.append(len(table))
        table += [*range(len(table) + 1, len(table) + size), END_OF_CHAIN]
    assert len(table) <= SECTOR // 4
    table += [NOTHING] * (SECTOR // 4 - len(table))
    return struct.pack(f"<{SECTOR // 4}I", *table), starts


def _pack_header(directory: int) -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack("<HHHHH6xIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, directory, 0)
    head += struct.pack("<IIIII", MIN_STREAM_BYTES, END_OF_CHAIN, 0, END_OF_CHAIN, 0)
    return head + struct.pack("<109I", 0, *[NOTHING] * 108)
