import re

TOKEN = "open sesame"
INSPECTOR = "/_emulator/inspector"


async def test_an_alias_that_is_set_on_one_server_is_followed_by_the_other(pair):
    one, other = pair
    await one.control("PUT", "/ns/stock", {})
    await one.control("POST", "/ns/stock/faults", {"do": {"status": 500}})
    await one.control("PUT", "/aliases/shop", {"namespace": "stock"})
    assert [await one.status(), await other.status()] == [500, 500]
    await other.control("DELETE", "/aliases/shop")
    assert [await one.status(), await other.status()] == [200, 200]


async def test_a_server_that_starts_later_knows_the_aliases(pair, start):
    await pair[0].control("PUT", "/aliases/shop", {"namespace": "stock"})
    async for later, _ in start():
        assert (await later.control("GET", "/aliases")).json() == {"aliases": {"shop": "stock"}}


async def test_a_login_on_one_server_opens_the_pages_of_the_other_and_ends_on_both(start):
    async for one, other in start(control_token=TOKEN):
        other.client.cookies = one.client.cookies.jar  # of the one browser that there is
        page = await one.client.get(f"{INSPECTOR}/login")
        form = {"token": TOKEN, "forgery": _forgery(page)}
        assert (await other.client.post(f"{INSPECTOR}/login", data=form)).status_code == 303
        login = dict(one.client.cookies)
        pages = [await server.client.get(f"{INSPECTOR}") for server in (one, other)]
        assert [page.status_code for page in pages] == [200, 200]
        form = {"forgery": _forgery(pages[0])}
        assert (await other.client.post(f"{INSPECTOR}/logout", data=form)).status_code == 303
        one.client.cookies.update(login)  # as if somebody had kept it
        answers = [await server.client.get(f"{INSPECTOR}") for server in (one, other)]
        assert [answer.status_code for answer in answers] == [303, 303]


def _forgery(page):
    return re.search(r'name="forgery" value="([^"]+)"', page.text)[1]
