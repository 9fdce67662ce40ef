"""Prints samples of liblzma: per line the plain bytes, an .xz and an .lzma of them, in base64. Arguments: seed, count."""

import base64
import json
import lzma
import random
import sys

CODE = [lzma.FILTER_X86, lzma.FILTER_POWERPC, lzma.FILTER_ARM, lzma.FILTER_ARMTHUMB, lzma.FILTER_SPARC]
FILTERS = [[], *([{"id": code}] for code in CODE)]

chance = random.Random(int(sys.argv[1]))


def calls(size):
    """Bytes that each of the filters often takes for machine code."""
    bytes_of_calls = [0xE8, 0xE9, 0, 0xFF, 0xEB, 0x48, 1, 0x40, 0x7F, 0xF0, 0xF8, 0xF7, 0xFC, 0x3F, 0xC0]
    return bytes(chance.choice(bytes_of_calls) if chance.random() < 0.9 else chance.randrange(256) for _ in range(size))


def plain():
    size = chance.choice([1, 2, 100, 4096, 8192, 70000, 100000])
    kind = chance.choice(["noise", "zeros", "words", "words and noise", "calls"])
    if kind == "noise":
        return chance.randbytes(size)
    if kind == "zeros":
        return bytes(size)
    if kind == "calls":
        return calls(size)
    words = [chance.randbytes(chance.randint(1, 20)) for _ in range(50)]
    parts = []
    filled = 0
    while filled < size:
        part = chance.choice(words)
        if kind == "words and noise" and chance.random() < 0.2:
            part += chance.randbytes(1)
        parts.append(part)
        filled += len(part)
    return b"".join(parts)[:size]


for _ in range(int(sys.argv[2])):
    data = plain()
    context = chance.randint(0, 4)
    options = {
        "dict_size": chance.choice([4096, 8192, 1 << 20]),
        "lc": context,
        "lp": chance.randint(0, 4 - context),
        "pb": chance.randint(0, 4),
        "preset": chance.choice([0, 3, 6, 9]),
    }
    branches = chance.choice(FILTERS)
    check = chance.choice([lzma.CHECK_CRC32, lzma.CHECK_NONE])
    xz = lzma.compress(data, check=check, filters=[*branches, {"id": lzma.FILTER_LZMA2, **options}])
    old = lzma.compress(data, format=lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, **options}])
    if chance.random() < 0.5:
        old = old[:5] + len(data).to_bytes(8, "little") + old[13:]
    print(json.dumps([base64.b64encode(part).decode() for part in (data, xz, old)]))
