"""Decodes every delta of an output directory with the decoder of the Python package `zstandard`, and compares the digests.

    python deltas.py OUT

Prints the number of deltas. The window has the limit of RFC 9842, section 5: 8 MB or 1.25 times the length of the
dictionary, and at most 128 MB.
"""

import hashlib
import json
import sys
from pathlib import Path

import zstandard

MIB = 1024 * 1024


def decode(delta, old):
    assert delta[:8] == bytes.fromhex("5e2a4d1820000000"), "a skippable frame of 32 bytes"
    assert delta[8:40] == hashlib.sha256(old).digest(), "the digest of the dictionary"
    dictionary = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    window = min(128 * MIB, max(8 * MIB, len(old) * 5 // 4))
    decoder = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=window)
    # Streaming, as in browsers: the decoder checks the window.
    return decoder.decompressobj().decompress(delta[40:])


def main(out):
    files = {}
    for release in (out / ".fingerpost/releases").iterdir():
        manifest = json.loads(release.read_text())["manifest"]
        for path, info in manifest["fingerpost"]["files"].items():
            files[info["sha256"]] = (manifest["paths"][path], info)
    count = 0
    for hashed, info in files.values():
        for delta in info.get("deltas", []):
            content = (out / f"{hashed}.{delta['from'][:12]}.dcz").read_bytes()
            decoded = decode(content, (out / files[delta["from"]][0]).read_bytes())
            assert hashlib.sha256(decoded).hexdigest() == info["sha256"], hashed
            count += 1
    print(count)


main(Path(sys.argv[1]))
