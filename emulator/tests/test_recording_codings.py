"""Content codings come off piece by piece, whatever their pieces are."""

import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.recording.recorder.codings import accepted, codings_of, decoded
from emulator.recording.recorder.errors import UnknownCodingError


def deflated(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "raw deflate": deflated, "br": brotli.compress}


@given(st.binary(max_size=3_000), st.sampled_from(sorted(PACKERS)), st.integers(1, 40))
def test_each_coding_comes_off(data, name, size):
    packed = PACKERS[name](data)
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert b"".join(decoded(pieces, (name.split()[-1],))) == data


def test_one_piece_comes_out_for_each_that_goes_in():
    packed = gzip.compress(b"a") + gzip.compress(b"b") + gzip.compress(bytes(3_000_000))
    pieces = list(decoded([packed[:5], packed[5:30], packed[30:]], ("gzip",)))
    assert len(pieces) == 3
    assert b"".join(pieces) == b"ab" + bytes(3_000_000)


def test_codings_come_off_in_the_order_in_which_the_last_came_on():
    packed = brotli.compress(gzip.compress(b"tide"))
    assert b"".join(decoded([packed], codings_of("gzip, identity, BR"))) == b"tide"


@pytest.mark.parametrize("name, data", [("gzip", b"no gzip"), ("br", b"\xff" * 9), ("zstd", b""), ("x", b"a")])
def test_what_cannot_be_read_is_refused(name, data):
    with pytest.raises(UnknownCodingError):
        list(decoded([data], (name,)))


@pytest.mark.parametrize(
    "header, left",
    [
        ("gzip, deflate, br, zstd", "gzip, deflate, br"),
        ("zstd;q=1, *;q=0.1", "identity"),
        ("GZIP;q=0.2", "GZIP;q=0.2"),
        ("", "identity"),
    ],
)
def test_only_codings_that_can_be_read_are_accepted(header, left):
    assert accepted(header, frozenset(("gzip", "deflate", "br", "identity"))) == left
