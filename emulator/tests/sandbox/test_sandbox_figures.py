"""What matplotlib draws becomes pictures."""

import struct

import pytest


@pytest.fixture
async def draw(run):
    if (await run("import matplotlib.pyplot as plt")).error:
        pytest.skip("matplotlib is not installed for the Python inside")
    return run


async def test_figures_are_pictures_shown_or_left_open(draw):
    result = await draw("plt.plot([1, 2])\nplt.show()\nplt.close('all')\nplt.plot([2, 1]);")
    assert len(result.images) == 2
    assert all(image.startswith(b"\x89PNG") for image in result.images)
    assert (result.logs, result.error, result.left_out) == ("", None, ())


async def test_a_figure_is_shown_once(draw):
    assert len((await draw("plt.plot([1, 2]);")).images) == 1
    assert (await draw("1")).images == ()


async def test_the_same_figure_is_the_same_bytes_and_names_no_software(draw, sessions):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    first = (await sessions.run("a", code)).images
    assert first == (await sessions.run("b", code)).images
    assert kinds(first[0]) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}


async def test_code_that_chooses_its_own_backend_still_shows_what_it_leaves_open(draw):
    result = await draw("import matplotlib\nmatplotlib.use('Agg')\nplt.plot([1, 2]);")
    assert len(result.images) == 1


async def test_too_many_figures_are_named(draw):
    result = await draw("for n in range(5): plt.figure()")
    assert (len(result.images), result.left_out) == (3, ("figure 4", "figure 5"))


async def test_a_figure_that_cannot_be_drawn_is_a_traceback(draw):
    result = await draw("plt.title('$\\\\nonsense$');")
    assert result.images == ()
    assert result.error.startswith("ValueError")
    assert (await draw("1")).error is None


async def test_without_matplotlib_the_code_gets_the_import_error(run):
    result = await run("import surely_not_installed")
    assert result.error == "ModuleNotFoundError: No module named 'surely_not_installed'"


def kinds(png):
    place, found = 8, set()
    while place < len(png):
        (size,) = struct.unpack(">I", png[place : place + 4])
        found.add(png[place + 4 : place + 8])
        place += size + 12
    return found
