"""Quotas of API keys: requests and tokens in a minute of the namespace's clock."""

import httpx
import openai
import pytest

from contract_tests.harness import scenario
from emulator import LiveServer, Settings

TOO_MANY = {
    "message": "You've exceeded the rate limit, please slow down and try again later.",
    "type": "invalid_request_error",
    "param": None,
    "code": "rate_limit_exceeded",
}


@pytest.fixture
def say(ns):
    """Return a function that lets runs say something that costs so many tokens."""
    ns.freeze()

    def answer(tokens):
        usage = {"prompt_tokens": tokens - tokens // 10, "completion_tokens": tokens // 10}
        ns.load({"emulator": 1, "turns": [{"usage": usage, "steps": [{"say": "Fog."}]}]})

    return answer


def statuses(raw, count, path="/models"):
    return [raw.get(path).status_code for _ in range(count)]


# --- requests -------------------------------------------------------------------------------------------------------


def test_requests_over_the_quota_are_refused_with_the_wait_on_the_namespaces_clock(frozen, raw):
    assert frozen.put(quotas={"rpm": 3})["quotas"] == {"rpm": 3, "tpm": None}
    assert statuses(raw, 3) == [200] * 3
    refused = raw.get("/models")
    assert (refused.status_code, refused.json()["error"]) == (429, TOO_MANY)
    assert (refused.headers["retry-after"], refused.headers["retry-after-ms"]) == ("20", "20000")
    frozen.advance("7.5s")
    refused = raw.get("/models")
    assert (refused.headers["retry-after"], refused.headers["retry-after-ms"]) == ("13", "12500")
    assert not [name for name in refused.headers if name.startswith("x-ratelimit")]
    frozen.advance("12.5s")
    assert statuses(raw, 2) == [200, 429]
    frozen.advance("1h")
    assert statuses(raw, 4) == [200, 200, 200, 429]


def test_a_client_is_refused_with_its_own_error(frozen, client):
    frozen.put(quotas={"rpm": 1})
    client.models.list()
    with pytest.raises(openai.RateLimitError) as refused:
        client.with_options(max_retries=0).models.list()
    assert refused.value.code == "rate_limit_exceeded"


def test_each_key_has_a_quota_of_its_own(frozen, raw):
    frozen.put(quotas={"rpm": 1})
    assert statuses(raw, 2) == [200, 429]
    for headers in ({"Authorization": "Bearer another"}, {"api-key": "azures"}):
        with httpx.Client(base_url=frozen.base_url, headers=headers, trust_env=False) as other:
            assert statuses(other, 2) == [200, 429]
    assert statuses(raw, 1) == [429]


def test_all_endpoints_count_whatever_they_answer_and_nothing_else(frozen, raw):
    frozen.control("POST", "/stubs", {"method": "POST", "path": "/embeddings", "json": {}})
    frozen.put(quotas={"rpm": 3})
    frozen.fault({"status": 503}, path="/models", times=1)
    assert statuses(raw, 1) == [503]  # in place of the answer
    assert statuses(raw, 1, "/nowhere") == [404]
    assert httpx.get(f"{frozen.base_url}/models", trust_env=False).status_code == 401
    assert [raw.post("/embeddings", json={}).status_code for _ in range(5)] == [200] * 5
    assert raw.get("/threads/thread_unknown").status_code == 404
    assert raw.post("/threads", json={"wrong": 1}).status_code == 400
    assert raw.get("/files").status_code == 200
    assert raw.post("/threads", json={}).status_code == 429
    assert raw.post("/embeddings", json={}).status_code == 200


def test_a_refused_request_has_done_nothing(frozen, raw):
    frozen.put(quotas={"rpm": 1})
    raw.get("/models")
    assert raw.post("/assistants", json={"model": "gpt-4o"}).status_code == 429
    frozen.put(quotas=None)
    assert raw.get("/assistants").json()["data"] == []


def test_quotas_are_removed_by_null_and_kept_where_nothing_is_said_of_them(frozen, raw):
    frozen.put(quotas={"rpm": 1, "tpm": 5})
    assert statuses(raw, 2) == [200, 429]
    assert frozen.put(seed=7)["quotas"] == {"rpm": 1, "tpm": 5}
    assert frozen.put(quotas={"rpm": 1, "tpm": 5})["quotas"]  # the same
    assert statuses(raw, 1) == [429]
    assert frozen.put(quotas={"rpm": 2})["quotas"] == {"rpm": 2, "tpm": None}  # others begin anew
    assert statuses(raw, 3) == [200, 200, 429]
    assert frozen.put(quotas=None)["quotas"] is None
    assert statuses(raw, 9) == [200] * 9


def test_a_reset_gives_all_back_and_keeps_the_quotas(frozen, raw):
    frozen.put(quotas={"rpm": 1})
    assert statuses(raw, 2) == [200, 429]
    frozen.control("POST", "/reset")
    assert statuses(raw, 2) == [200, 429]


def test_a_snapshot_knows_what_was_used_and_no_key(frozen, raw):
    frozen.put(quotas={"rpm": 2})
    assert statuses(raw, 1) == [200]
    frozen.control("POST", "/snapshots", {"name": "used"})
    assert statuses(raw, 2) == [200, 429]
    frozen.control("POST", "/snapshots/used/restore")
    assert statuses(raw, 2) == [200, 429]


@pytest.mark.parametrize(
    "quotas,param",
    [
        ({}, "quotas"),
        ({"rpm": None}, "quotas"),
        ({"rpm": 0}, "quotas.rpm"),
        ({"tpm": -1}, "quotas.tpm"),
        ({"rpm": 1.5}, "quotas.rpm"),
        ({"rpm": True}, "quotas.rpm"),
        ({"rpm": "60"}, "quotas.rpm"),
        ({"rps": 1}, "quotas.rps"),
        (60, "quotas"),
    ],
)
def test_quotas_that_cannot_be_are_refused(ns, quotas, param):
    refused = ns.control("PUT", "", {"quotas": quotas}, status=400)
    assert refused["error"]["param"] == param
    assert ns.control("GET", "")["quotas"] is None


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_a_run_fails_whose_key_has_too_few_tokens_left(ns, say, start, poll):
    ns.put(quotas={"tpm": 1000})
    say(1000)
    assert poll(start()).status == "completed"
    run = poll(start(instructions="x" * 36, additional_messages=[]))
    assert run.status == "failed"
    assert run.last_error.code == "rate_limit_exceeded"
    requested = 9 + 7 + 1  # instructions, the user's message, the assistant's
    assert run.last_error.message == (
        f"Rate limit reached for {run.model} in organization org-emulator on tokens per min (TPM): Limit 1000, Used 1000,"
        f" Requested {requested}. Please try again in 1.02s. Visit https://platform.openai.com/account/rate-limits to"
        " learn more."
    )
    assert (run.usage.total_tokens, run.started_at is not None) == (0, True)
    ns.advance("1.02s")
    assert poll(start(instructions="x" * 36)).status == "completed"


def test_a_run_that_is_refused_its_tokens_takes_no_turn_of_the_script(ns, say, start, poll):
    ns.put(quotas={"tpm": 100})
    say(100)
    assert [poll(start()).status for _ in range(2)] == ["completed", "failed"]
    assert [turn["used"] for turn in ns.control("GET", "/scripts")["turns"]] == [1]
    ns.advance("1m")
    assert poll(start()).status == "completed"
    assert ns.report()["unmatched"] == []


def test_tokens_are_counted_for_each_key(ns, say, start, poll, thread):
    ns.put(quotas={"tpm": 1000})
    say(1000)
    assert [poll(start()).status for _ in range(2)] == ["completed", "failed"]
    with openai.OpenAI(api_key="another", base_url=ns.base_url, max_retries=0) as other:
        assistant = other.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
        run = other.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        assert poll(run).status == "completed"


def test_estimated_tokens_count_too(frozen, start, poll):
    frozen.play({"say": "word " * 200})  # 250 tokens
    frozen.put(quotas={"tpm": 255})
    assert [poll(start()).status for _ in range(2)] == ["completed", "failed"]


def test_a_prompt_of_more_tokens_than_the_quota_fails_whenever_it_comes(ns, say, start, poll):
    ns.put(quotas={"tpm": 10})
    say(10)
    run = poll(start(instructions="x" * 40))
    assert run.last_error.code == "rate_limit_exceeded"
    assert run.last_error.message.startswith(
        f"Request too large for {run.model} in organization org-emulator on tokens per min (TPM): Limit 10, Requested 17."
        " The input or output tokens must be reduced in order to run successfully."
    )


def test_a_cancelled_run_has_used_nothing(ns, say, start, poll, client):
    ns.put(quotas={"tpm": 100})
    ns.play({"hold": "gate"})
    run = start()
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert poll(run).status == "cancelled"
    say(100)
    assert poll(start()).status == "completed"


def test_a_run_without_tokens_fails_in_a_stream_too(ns, say, start, poll, stream_events):
    ns.put(quotas={"tpm": 100})
    say(100)
    assert poll(start()).status == "completed"
    assert [name for name, _ in stream_events()] == [
        *("thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.failed", "done")
    ]


def test_a_run_fails_for_want_of_tokens_after_a_restart(tmp_path, http):
    settings = Settings(db=tmp_path / "quotas.db")
    client = openai.OpenAI(base_url="http://unused", api_key="sk-emu-quotas", max_retries=0)
    with LiveServer(settings) as server:
        control = f"{server.control_url}/ns/quotas"
        http.put(control, json={"quotas": {"tpm": 10}, "clock": "2026-01-05T09:00:00Z"}).raise_for_status()
        http.put(f"{control}/scripts", json=scenario({"say": "word " * 10})).raise_for_status()
        api = client.with_options(base_url=server.base_url)
        assistant = api.beta.assistants.create(model="gpt-4o", instructions="Brief.")
        run = api.beta.threads.create_and_run(assistant_id=assistant.id)
        assert api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"
        http.post(f"{control}/runs/next/hold", json={"at": "queued"}).raise_for_status()
        run = api.beta.threads.create_and_run(assistant_id=assistant.id)
    with LiveServer(settings) as server:
        control = f"{server.control_url}/ns/quotas"
        api = client.with_options(base_url=server.base_url)
        assert api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "queued"
        http.post(f"{control}/runs/{run.id}/release", json={"at": "queued"}).raise_for_status()
        failed = api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        assert (failed.status, failed.last_error.code) == ("failed", "rate_limit_exceeded")
    client.close()


# --- where they are chosen ------------------------------------------------------------------------------------------


def test_the_python_face_sets_and_removes_quotas(server, frozen, raw):
    own = server.namespace(frozen.name)
    own.configure(quotas={"rpm": 1})
    assert statuses(raw, 2) == [200, 429]
    own.configure(strict=False)
    assert statuses(raw, 1) == [429]
    own.configure(quotas=None)
    assert statuses(raw, 2) == [200, 200]


def test_a_server_may_give_all_new_namespaces_quotas(http):
    with LiveServer(Settings(rpm=1, tpm=500, clock="frozen")) as server:
        headers = {"Authorization": "Bearer sk-emu-any"}
        answers = [http.get(f"{server.base_url}/models", headers=headers).status_code for _ in range(2)]
        assert answers == [200, 429]
        config = http.get(f"{server.control_url}/ns/any").json()
        assert config["quotas"] == {"rpm": 1, "tpm": 500}
