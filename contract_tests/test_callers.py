"""Who may call: programs and pages of this machine, those that were allowed, and nobody by a name that is not the server's."""

import base64

import httpx
import pytest

from contract_tests.harness import MODEL
from emulator import LiveServer, Settings

HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
MOUNTS = ["/v1", "/openai", "/openai/v1", "/api/projects/p", "/ns/{ns}/v1", "/ns/{ns}/openai"]
PAGES_OF_THIS_MACHINE = [
    "http://localhost",
    "http://localhost:3000",
    "https://localhost:3000",
    "http://127.0.0.1:5173",
    "http://127.8.9.10",
    "http://[::1]:3000",
    "http://LOCALHOST:3000",
]
FOREIGN_PAGES = [
    "https://evil.example",
    "null",
    "",
    "http://localhost.evil.example",
    "http://evil.example:8000",
    "http://127.0.0.1.evil.example",
    "http://localhost@evil.example",
    "http://evil.example#localhost",
    "http://evil.example/localhost",
    "http://evil.example\\@localhost",
    "http://0.0.0.0:8000",
    "http://10.0.0.7",
    "http://128.0.0.1",
    "http://0x7f.1",
    "http://[::2]",
    "http://[::1",
    "http://localhost:99999",
    "http://localhost, https://evil.example",
    "file://localhost",
    "chrome-extension://localhost",
    "localhost",
]
OWN_NAMES = [
    "localhost",
    "LocalHost:80",
    "localhost.",
    "localhost.:8000",
    "127.0.0.1:9",
    "127.1.2.3",
    "[::1]",
    "[::1]:9",
    "[0:0:0:0:0:0:0:1]:9",
]
FOREIGN_NAMES = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "evil@localhost",
    "localhost@evil.example",
    "localhost:80:80",
    "localhost:http",
    "localhost:99999",
    "localhost/evil",
    "localhost#",
    "127.0.0.1.evil.example",
    "0.0.0.0",
    "0.0.0.0:8000",
    "[::]",
    "10.0.0.7:80",
    "[",
    "[::1",
    "::1",
    "",
    "%6cocalhost",
    "localhost..",
]


def threads(ns):
    """Return how many requests reached the API of a namespace; what was refused at once reached nothing."""
    return len(ns.requests())


def create_thread(ns, mount="/v1", **headers):
    url = f"{ns.url}{mount.format(ns=ns.name)}/threads?api-version=2024-05-01-preview"
    return ns.http.post(url, json={}, headers={**HEADERS, "X-Emulator-Namespace": ns.name, **headers})


@pytest.mark.parametrize("origin", PAGES_OF_THIS_MACHINE)
def test_a_page_of_this_machine_may_use_the_api(ns, origin):
    answer = create_thread(ns, Origin=origin)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "Origin" in answer.headers["vary"]
    assert "x-request-id" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", FOREIGN_PAGES)
def test_a_page_of_another_machine_is_refused_before_anything_is_done(ns, origin):
    answer = create_thread(ns, Origin=origin)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "origin_not_allowed"
    assert list(answer.json()["error"]) == ["message", "type", "param", "code"]
    assert "access-control-allow-origin" not in answer.headers
    assert threads(ns) == 0


@pytest.mark.parametrize("mount", MOUNTS)
def test_every_mount_refuses_foreign_pages_and_foreign_names(ns, mount):
    assert create_thread(ns, mount, Origin="https://evil.example").status_code == 403
    assert create_thread(ns, mount, Host="evil.example").status_code == 403
    assert create_thread(ns, mount, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert threads(ns) == 0
    assert create_thread(ns, mount).status_code == 200


def test_a_simple_request_of_a_foreign_page_has_no_effect(ns):
    """What a form can send needs no preflight, so it is not enough to keep the answer from the page."""
    form = {"file": ("a.txt", b"a")}
    headers = {**HEADERS, "Origin": "https://evil.example"}
    answer = ns.http.post(f"{ns.base_url}/files", files=form, data={"purpose": "user_data"}, headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert ns.http.get(f"{ns.base_url}/files", headers=HEADERS).json()["data"] == []


@pytest.mark.parametrize("path", ["/v1/models", "/openapi.json", "/", "/_emulator/info", "/_emulator/health"])
def test_an_image_of_a_foreign_page_gets_nothing(ns, path):
    """Such a GET has no Origin; the browser says that it crosses sites."""
    headers = {**HEADERS, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert ns.http.get(f"{ns.url}{path}", headers=headers).status_code == 403


@pytest.mark.parametrize("site", ["none", "same-origin", "same-site"])
def test_what_the_user_opens_is_answered(ns, site):
    assert ns.http.get(f"{ns.base_url}/models", headers={**HEADERS, "Sec-Fetch-Site": site}).status_code == 200


@pytest.mark.parametrize("host", OWN_NAMES)
def test_the_api_answers_to_loopback_names(ns, host):
    assert create_thread(ns, Host=host).status_code == 200


@pytest.mark.parametrize("host", FOREIGN_NAMES)
def test_the_api_and_the_control_api_answer_to_no_other_name(ns, host):
    answer = create_thread(ns, Host=host)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "host_not_allowed"
    assert threads(ns) == 0
    refused = ns.http.get(f"{ns.url}/_emulator/info", headers={"Host": host})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")


def test_containers_of_this_machine_may_use_the_api_and_not_the_control_api(ns):
    for host in ("host.docker.internal:8000", "host.containers.internal"):
        assert create_thread(ns, Host=host).status_code == 200
        assert ns.http.get(f"{ns.url}/_emulator/info", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("path", ["/v1/files", "/v1/threads", "/openai/threads", "/api/projects/p/threads"])
def test_a_preflight_is_answered_for_pages_that_may_call_and_for_no_others(ns, path):
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,openai-beta,x-stainless-lang",
    }
    page = "http://localhost:3000"
    allowed = ns.http.options(f"{ns.url}{path}", headers={**asked, "Origin": page})
    assert (allowed.status_code, allowed.content) == (200, b"")
    assert allowed.headers["access-control-allow-origin"] == page
    assert {"GET", "POST", "DELETE"} <= set(allowed.headers["access-control-allow-methods"].split(", "))
    assert allowed.headers["access-control-allow-headers"] == asked["Access-Control-Request-Headers"]
    assert "Origin" in allowed.headers["vary"]
    refused = ns.http.options(f"{ns.url}{path}", headers={**asked, "Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert not [name for name in refused.headers if name.startswith("access-control")]


def test_errors_can_be_read_by_the_pages_that_may_call(ns):
    answer = ns.http.get(f"{ns.base_url}/assistants", headers={"Origin": "http://localhost:3000"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"


def test_files_may_be_read_by_any_page_only_where_the_request_is_allowed(ns, raw):
    """Recorded: files and uploads answer `*`, also to a request that does not say where it is from."""
    assert raw.get("/files").headers["access-control-allow-origin"] == "*"
    of_page = raw.get("/files", headers={"Origin": "http://localhost:3000"})
    assert of_page.headers.get_list("access-control-allow-origin") == ["http://localhost:3000"]
    assert "access-control-allow-origin" not in raw.get("/files", headers={"Origin": "https://evil.example"}).headers


@pytest.fixture(scope="module")
def opened():
    settings = Settings(cors=("https://app.example", "https://port.example:443/", "null"), hosts=("emulator.internal",))
    with LiveServer(settings) as server, httpx.Client(trust_env=False, timeout=60) as client:
        yield lambda path="/v1/models", **headers: client.get(f"{server.url}{path}", headers={**HEADERS, **headers})


@pytest.mark.parametrize("origin", ["https://app.example", "https://port.example", "null", "http://localhost:1"])
def test_pages_can_be_allowed(opened, origin):
    assert opened(Origin=origin).headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", ["http://app.example", "https://app.example:444", "https://www.app.example"])
def test_only_the_origin_that_was_allowed_may_call(opened, origin):
    assert opened(Origin=origin).status_code == 403


def test_a_page_that_may_use_the_api_may_not_use_the_control_api(opened):
    assert opened("/_emulator/info", Origin="https://app.example").status_code == 403


def test_host_names_can_be_allowed(opened):
    for path in ("/v1/models", "/_emulator/info"):
        assert opened(path, Host="emulator.internal:8000").status_code == 200
        assert opened(path, Host="emulator.example").status_code == 403


def test_all_pages_and_all_names_can_be_allowed():
    with LiveServer(Settings(cors=("*",), hosts=("*",))) as server, httpx.Client(trust_env=False, timeout=60) as client:
        headers = {**HEADERS, "Host": "any.example"}
        for origin in ("https://evil.example", "null"):
            answer = client.get(f"{server.base_url}/models", headers={**headers, "Origin": origin})
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
            refused = client.get(f"{server.control_url}/info", headers={**headers, "Origin": origin})
            assert refused.status_code == 403
        image = {**headers, "Sec-Fetch-Site": "cross-site"}
        assert client.get(f"{server.base_url}/models", headers=image).status_code == 200


def test_a_server_for_all_interfaces_answers_to_every_address_and_to_no_foreign_name():
    with LiveServer(Settings(hosts=("0.0.0.0",))) as server, httpx.Client(trust_env=False, timeout=60) as client:
        for host, status in (("192.168.1.5:8000", 200), ("[fe80::1]", 200), ("0.0.0.0", 200), ("evil.example", 403)):
            answer = client.get(f"{server.base_url}/models", headers={**HEADERS, "Host": host})
            assert answer.status_code == status, host


def test_with_a_control_token_any_name_will_do_and_foreign_pages_still_not():
    with (
        LiveServer(Settings(control_token="open sesame")) as server,
        httpx.Client(trust_env=False, timeout=60) as client,
    ):
        headers = {**HEADERS, "Host": "emulator:8000"}
        assert client.get(f"{server.base_url}/models", headers=headers).status_code == 200
        foreign = {**headers, "Origin": "https://evil.example"}
        assert client.get(f"{server.base_url}/models", headers=foreign).status_code == 403


@pytest.mark.parametrize(
    "setting", [{"cors": ("app.example",)}, {"cors": ("",)}, {"hosts": ("a b",)}, {"hosts": ("",)}]
)
def test_what_is_no_origin_and_no_name_keeps_a_server_from_starting(setting):
    with pytest.raises(ValueError, match="write it like"), LiveServer(Settings(**setting)):
        pass


# --- the control API ------------------------------------------------------------------------------------------------


def test_the_servers_own_pages_may_use_the_control_api(ns):
    own = {"Origin": ns.url, "Sec-Fetch-Site": "same-origin"}
    assert ns.http.put(ns.control_url, json={}, headers=own).status_code == 200
    for foreign in (
        {**own, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost"},
    ):
        assert ns.http.put(ns.control_url, json={}, headers=foreign).status_code == 403


def test_a_websocket_handshake_of_a_foreign_page_is_refused(ns):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
        "Origin": "https://evil.example",
    }
    for path in ("/v1/models", "/_emulator/ns"):
        assert ns.http.get(f"{ns.url}{path}", headers=upgrade).status_code == 403


def test_the_official_client_is_never_affected(client):
    assert client.beta.assistants.create(model=MODEL).id


def test_a_token_is_needed_for_a_namespace_that_is_called_health():
    token = {"Authorization": "Bearer geheim-schlüssel".encode()}
    with (
        LiveServer(Settings(control_token="geheim-schlüssel")) as server,
        httpx.Client(trust_env=False, timeout=60) as client,
    ):
        assert client.get(f"{server.control_url}/health").status_code == 200
        for path in ("/ns/health", "/ns/x/health", "/ns/_emulator/health", "/health/", "//health"):
            assert client.get(f"{server.control_url}{path}").status_code == 401, path
            assert client.delete(f"{server.control_url}{path}").status_code == 401, path
        assert client.put(f"{server.control_url}/ns/health", json={}, headers=token).status_code == 200
        assert client.get(f"{server.control_url}/ns/health", headers=token).json()["namespace"] == "health"
