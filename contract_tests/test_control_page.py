"""The documentation page of the control API: whole, readable without anything else, and guarded like the API itself."""

import json
import re
import shlex

import pytest

from contract_tests.pages import Reader, assert_asks_for_nothing
from emulator import LiveServer, Settings
from emulator.control.description import described, groups

PAGES = ["", "/", "/docs"]
# Routes whose answers do not end by themselves.
ENDLESS = ["get-ns-ns-events"]
# Routes whose example sends a file, which there is not.
WITH_FILE = ["put-ns-ns-snapshots-name"]


@pytest.fixture(scope="module")
def page(server, http):
    return http.get(f"{server.control_url}/docs").text


@pytest.fixture(scope="module")
def document(server, http):
    return http.get(f"{server.control_url}/openapi.json").json()


def operations(document):
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_html_at_every_address(server, http, path):
    answer = http.get(f"{server.control_url}{path}", headers={"Sec-Fetch-Site": "none", "Accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!doctype html>")
    head = http.head(f"{server.control_url}{path}")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("path", PAGES)
def test_other_methods_get_the_envelope(server, http, path):
    answer = http.post(f"{server.control_url}{path}")
    assert answer.status_code in (404, 405)
    assert answer.json()["error"]["type"] == "control_error"


def test_every_route_stands_on_the_page(page, document):
    for method, path, operation in operations(document):
        assert f'<span class="method">{method}</span> {path}</code>' in page
        assert operation["summary"].partition("`")[0].replace("'", "&#39;") in page
        for status in operation["responses"]:
            assert status == "4XX" or f"<code>{status}</code>" in page


def test_every_route_says_what_it_does_and_every_field_what_it_means(document):
    """A route says it in its docstring, a field in its description."""
    silent = [
        f"{method} {path}"
        for method, path, operation in operations(document)
        if operation["summary"] == _automatic(operation, path, method)
    ]
    assert silent == []
    for group in groups(document, "http://localhost", with_token=False):
        assert group.about, group.name
        for operation in group.operations:
            silent = [field.name for field in operation.body if not field.about]
            assert (operation.path, silent) == (operation.path, [])


def _automatic(operation, path, method):
    """Return the summary that FastAPI makes of a function's name."""
    suffix = re.sub(r"\W", "_", f"{path}_{method.lower()}")
    return operation["operationId"].removesuffix(suffix).replace("_", " ").title().strip()


def test_the_page_asks_for_nothing_and_runs_nothing(server, http, page):
    assert_asks_for_nothing(page, http.get(server.control_url).headers)


def test_every_link_leads_somewhere(server, http, page):
    reader = Reader(page)
    assert len(reader.ids) == len(set(reader.ids))
    inside = {link.removeprefix("#") for link in reader.links if link.startswith("#")}
    assert inside <= set(reader.ids)
    for link in reader.links:
        if not link.startswith("#"):
            assert http.get(f"{server.url}{link}").status_code == 200


def test_it_can_be_read_with_a_keyboard_and_in_the_dark(page):
    reader = Reader(page)
    assert ("html", {"lang": "en"}) in reader.tags
    assert reader.links[0] == "#routes"
    assert all(attrs.get("tabindex") == "0" for tag, attrs in reader.tags if tag == "pre")
    assert "color-scheme: light dark" in page
    assert "prefers-color-scheme: dark" in page
    assert ":focus-visible" in page


def test_every_example_is_a_request_that_is_understood(server, http, page, document):
    examples = {name: text for name, text in Reader(page).texts.items() if name not in ENDLESS}
    assert len(examples) == len(operations(document)) - len(ENDLESS)
    http.put(f"{server.control_url}/ns/default", json={})
    for name, text in sorted(examples.items(), key=lambda one: one[0].startswith("delete")):
        command, *words = shlex.split(text.replace("\\\n", ""))
        assert command == "curl"
        method, body, headers, url = None, None, {}, None
        while words:
            word = words.pop(0)
            match word:
                case "-X":
                    method = words.pop(0)
                case "-H":
                    key, _, value = words.pop(0).partition(": ")
                    headers[key] = value
                case "-d" | "--data-binary":
                    body = words.pop(0).encode()
                case _:
                    url = word
        answer = http.request(method or ("GET" if body is None else "POST"), url, content=body, headers=headers)
        # An id in an example is nobody's; of a route that does not exist nothing else is said.
        is_unknown_id = answer.status_code == 404 and answer.json()["error"]["message"] != "Not Found"
        # And nobody has sent the request that a test expects.
        is_missed = answer.status_code == 422 and answer.json()["error"]["code"] == "verification_failed"
        assert answer.is_success or is_unknown_id or is_missed or name in WITH_FILE, (name, answer.text)


def test_the_examples_are_for_the_host_that_was_asked(server, http):
    host = f"localhost:{server.url.rpartition(':')[2]}"
    page = http.get(f"{server.control_url}/docs", headers={"Host": host}).text
    assert f"curl http://{host}/_emulator/ns/default" in page


@pytest.mark.parametrize("host", ['"><script>alert(1)</script>', "a'b", "x;rm -rf /", "x$(id)"])
def test_a_host_name_injects_neither_html_nor_commands(http, host):
    with LiveServer(Settings(control_token="t")) as server:
        answer = http.get(f"{server.control_url}/docs", headers={"Host": host, "Authorization": "Bearer t"})
    assert answer.status_code == 200
    assert "<script" not in answer.text
    for text in Reader(answer.text).texts.values():
        (url,) = [word for word in shlex.split(text.replace("\\\n", "")) if "/_emulator/" in word]
        assert url.startswith(f"http://{host}/_emulator/")


def test_the_page_is_guarded_like_the_rest(server, http):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert http.get(server.control_url, headers=headers).status_code == 403
    with LiveServer(Settings(control_token="open sesame")) as guarded:
        assert http.get(guarded.control_url).status_code == 401
        shown = http.get(guarded.control_url, headers={"Authorization": "Bearer open sesame"})
        assert shown.status_code == 200
        assert "Bearer $EMULATOR_CONTROL_TOKEN" in shown.text
        assert "sesame" not in shown.text
        assert http.get(f"{guarded.control_url}/health").status_code == 200


def test_the_description_names_the_envelope_and_not_the_framework_s(document):
    for _, _, operation in operations(document):
        assert "422" not in operation["responses"] or "envelope" not in json.dumps(operation["responses"]["422"])
        assert "4XX" in operation["responses"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


# --- the description of any API, whatever is added to this one -------------------------------------------------------


def one(operation, components=None, **more):
    document = {
        "paths": {"/ns/{ns}/things/{thing}": {"post": {"responses": {"200": {}}, **operation}}},
        "components": {"schemas": components or {}},
        **more,
    }
    ((group),) = groups(described(document), "http://h", with_token=False)
    ((first),) = group.operations
    return group, first


def test_the_first_paragraph_is_the_summary():
    _, first = one({"description": "Do a\nthing.\n\nIn two\nlines.\n\nAnd more."})
    assert (first.summary, first.about) == ("Do a thing", ["In two lines.", "And more."])


def test_a_route_without_a_noun_stands_at_the_end():
    assert one({})[0].name == "more"


def test_fields_of_fields_and_of_lists_are_listed_by_their_paths():
    components = {
        "Match": {"properties": {"path": {"type": "string", "description": "p"}}, "required": ["path"]},
        "Body": {
            "properties": {
                "match": {"anyOf": [{"$ref": "#/components/schemas/Match"}, {"type": "null"}], "description": "m"},
                "all": {"type": "array", "items": {"$ref": "#/components/schemas/Match"}, "default": []},
                "to": {"type": "object", "additionalProperties": {"type": "integer", "maximum": 3}},
                "self": {"$ref": "#/components/schemas/Body"},
            },
            "required": ["match"],
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}
    _, first = one({"requestBody": {"content": content}}, components)
    by_name = {field.name: field for field in first.body}
    assert [name for name in by_name if not name.startswith("self.")] == [
        "match",
        "match.path",
        "all",
        "all[].path",
        "to",
        "self",
    ]
    assert by_name["match.path"].is_required
    assert (by_name["all"].type, by_name["all"].default) == ("list of object", "[]")
    assert by_name["to"].type == "object of whole number, at most 3"
    assert shlex.split(first.curl)[-1] == '{"match": {"path": "text"}}'


@pytest.mark.parametrize(
    "media, content, data",
    [
        ("application/zip", {}, "--data-binary @FILE"),
        ("application/yaml", {"example": "a: 'b'"}, "--data-binary 'a: '\"'\"'b'\"'\"''"),
        ("application/json", {"example": {"a": 1}}, "-d '{\"a\": 1}'"),
        ("application/json", {"examples": {"x": {"value": [1]}}}, "-d '[1]'"),
    ],
)
def test_an_example_sends_what_the_route_takes(media, content, data):
    _, first = one({"requestBody": {"content": {media: content}}})
    assert first.curl.splitlines()[-1].strip() == data
    assert f"content-type: {media}" in first.curl


def test_an_example_has_what_has_to_be_in_the_url():
    parameters = [
        {"name": "thing", "in": "path", "required": True},
        {"name": "q", "in": "query", "required": True, "schema": {"examples": ["a&b"]}},
        {"name": "r", "in": "query"},
    ]
    _, first = one({"parameters": parameters})
    assert first.curl == "curl -X POST 'http://h/ns/{ns}/things/THING?q=a%26b'"
