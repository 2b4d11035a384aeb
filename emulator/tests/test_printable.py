from emulator.domain.printable import printable


def test_what_could_steer_a_terminal_or_begin_a_line_is_shown_as_an_escape():
    assert printable("a\nDELETE /x\x1b[2J\x07é") == "a\\nDELETE /x\\x1b[2J\\x07é"


def test_of_a_long_text_the_beginning_is_shown():
    assert printable("x" * 5_000) == "x" * 2_000 + "…"
