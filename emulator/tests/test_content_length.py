import pytest

from emulator.domain.content_length import announced_bytes


@pytest.mark.parametrize(
    "header, expected",
    [(None, 0), ("", 0), ("12", 12), ("0" * 5_000 + "2", 2), ("9" * 5_000, 10**15), ("x", 0), ("²", 0), ("-1", 0)],
)
def test_a_length_is_read_however_it_is_written(header, expected):
    assert announced_bytes(header) == expected
