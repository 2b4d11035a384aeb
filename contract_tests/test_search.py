import openai
import pytest

from contract_tests.harness import resolve
from contract_tests.raw_api import BERTHS_TEXT, TIDES_TEXT, assert_refused, file_of, raw_api

ZEBRAS = "Zebras graze on the island in summer."
ATTRIBUTES = {
    "tides.txt": {"kind": "sea", "year": 2024, "draft": False},
    "berths.md": {"kind": "port", "year": 2025, "draft": True, "depth": 4.5},
    "zebras.txt": {"kind": "land"},
}


@pytest.fixture
async def store(either, ns):
    """Three files with attributes."""
    store_id = (await resolve(either.vector_stores.create())).id
    texts = {"tides.txt": TIDES_TEXT, "berths.md": BERTHS_TEXT, "zebras.txt": ZEBRAS}
    for name, text in texts.items():
        file = await resolve(either.files.create(file=file_of(name, text), purpose="assistants"))
        await resolve(
            either.vector_stores.files.create_and_poll(file.id, vector_store_id=store_id, attributes=ATTRIBUTES[name])
        )
    return store_id


async def found(either, store, query="harbour water ferry zebras tide berth", **more):
    return [result.filename for result in (await resolve(either.vector_stores.search(store, query=query, **more))).data]


async def test_the_best_result_comes_first_with_its_text(either, store):
    page = await resolve(either.vector_stores.search(store, query="When is high water in Husum?"))
    best = page.data[0].to_dict()
    assert best == {
        "file_id": best["file_id"],
        "filename": "tides.txt",
        "score": best["score"],
        "attributes": ATTRIBUTES["tides.txt"],
        "content": [{"type": "text", "text": TIDES_TEXT}],
    }
    scores = [result.score for result in page.data]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert scores[0] > 0


def test_a_page_of_results_includes_the_query(ns):
    api = raw_api(ns)
    store = api.post_json("/vector_stores", {})["id"]
    response = api.post(f"/vector_stores/{store}/search", {"query": "tides"})
    assert response.json() == {
        "object": "vector_store.search_results.page",
        "search_query": ["tides"],
        "data": [],
        "has_more": False,
        "next_page": None,
    }
    assert list(response.json()) == ["object", "search_query", "data", "has_more", "next_page"]
    two = api.post_json(f"/vector_stores/{store}/search", {"query": ["tides", "berths"]})
    assert two["search_query"] == ["tides", "berths"]


async def test_several_queries_share_their_results(either, store):
    names = await found(either, store, query=["high water", "zebras"])
    assert {"tides.txt", "zebras.txt"} <= set(names)


def test_what_several_queries_find_is_one_result(client):
    store = client.vector_stores.create().id
    for name in ("a.txt", "b.txt"):
        text = f"Opening hours on Sundays are in the list {name}."
        client.vector_stores.files.upload_and_poll(vector_store_id=store, file=file_of(name, text))
    queries = [*["opening hours sundays"] * 3, "hours on sundays"]
    page = client.vector_stores.search(store, query=queries, max_num_results=3)
    assert sorted(result.filename for result in page.data) == ["a.txt", "b.txt"]
    assert [result.score for result in page.data] == sorted((result.score for result in page.data), reverse=True)


async def test_a_query_in_chinese_finds_a_text_in_chinese(either, store):
    await resolve(
        either.vector_stores.files.upload_and_poll(
            vector_store_id=store, file=file_of("港.txt", "港口的渡船在中午出发。")
        )
    )
    assert (await found(either, store, query="渡船几点出发?"))[0] == "港.txt"


async def test_the_number_of_results_can_be_limited(either, store):
    assert len(await found(either, store, max_num_results=2)) == 2
    assert len(await found(either, store)) == 3


def test_ten_results_are_the_default_and_fifty_the_most(client):
    store = client.vector_stores.create().id
    files = [file_of(f"{n}.txt", f"The tide of day {n} is high.") for n in range(12)]
    client.vector_stores.file_batches.upload_and_poll(vector_store_id=store, files=files)
    assert len(client.vector_stores.search(store, query="tide").data) == 10
    assert len(client.vector_stores.search(store, query="tide", max_num_results=50).data) == 12


async def test_results_below_a_threshold_are_left_out(either, store):
    page = await resolve(either.vector_stores.search(store, query="high water at Husum ferry zebras"))
    line_between = page.data[0].score
    options = {"score_threshold": line_between, "ranker": "auto"}
    assert await found(either, store, query="high water at Husum ferry zebras", ranking_options=options) == [
        page.data[0].filename
    ]


@pytest.mark.parametrize("ranker", ["none", "auto", "default-2024-11-15"])
async def test_every_ranker_is_accepted(either, store, ranker):
    assert await found(either, store, ranking_options={"ranker": ranker}, rewrite_query=True)


@pytest.mark.parametrize(
    "where, names",
    [
        ({"type": "eq", "key": "kind", "value": "sea"}, {"tides.txt"}),
        ({"type": "ne", "key": "kind", "value": "sea"}, {"berths.md", "zebras.txt"}),
        ({"type": "gt", "key": "year", "value": 2024}, {"berths.md"}),
        ({"type": "gte", "key": "year", "value": 2024}, {"tides.txt", "berths.md"}),
        ({"type": "lt", "key": "year", "value": 2025}, {"tides.txt"}),
        ({"type": "lte", "key": "year", "value": 2025}, {"tides.txt", "berths.md"}),
        ({"type": "in", "key": "kind", "value": ["sea", "land"]}, {"tides.txt", "zebras.txt"}),
        ({"type": "nin", "key": "kind", "value": ["sea", "land"]}, {"berths.md"}),
        ({"type": "eq", "key": "draft", "value": True}, {"berths.md"}),
        ({"type": "eq", "key": "depth", "value": 4.5}, {"berths.md"}),
        ({"type": "eq", "key": "not_found", "value": 1}, set()),
        (
            {"type": "and", "filters": [{"type": "gte", "key": "year", "value": 2024}, {"type": "eq", "key": "draft", "value": False}]},
            {"tides.txt"},
        ),
        (
            {"type": "or", "filters": [{"type": "eq", "key": "kind", "value": "land"}, {"type": "eq", "key": "kind", "value": "port"}]},
            {"berths.md", "zebras.txt"},
        ),
        (
            {"type": "and", "filters": [
                {"type": "or", "filters": [{"type": "eq", "key": "kind", "value": "land"}, {"type": "eq", "key": "kind", "value": "sea"}]},
                {"type": "ne", "key": "year", "value": 2024},
            ]},
            {"zebras.txt"},
        ),
    ],
)  # fmt: skip
def test_filters_choose_files_by_their_attributes(client, where, names):
    store = client.vector_stores.create().id
    for name, attributes in ATTRIBUTES.items():
        file = client.files.create(file=file_of(name, "the tide"), purpose="assistants")
        client.vector_stores.files.create_and_poll(file.id, vector_store_id=store, attributes=attributes)
    results = client.vector_stores.search(store, query="tide", filters=where).data
    assert {result.filename for result in results} == names


async def test_changed_attributes_are_used_by_the_next_search(either, store):
    only = {"type": "eq", "key": "kind", "value": "land"}
    (result,) = (await resolve(either.vector_stores.search(store, query="zebras", filters=only))).data
    await resolve(either.vector_stores.files.update(result.file_id, vector_store_id=store, attributes={"kind": "zoo"}))
    assert await found(either, store, filters=only) == []


async def test_a_removed_file_is_not_found_by_searches(either, store):
    (result,) = (await resolve(either.vector_stores.search(store, query="zebras", max_num_results=1))).data
    assert result.filename == "zebras.txt"
    await resolve(either.vector_stores.files.delete(result.file_id, vector_store_id=store))
    assert "zebras.txt" not in await found(either, store)


def test_a_long_text_is_found_in_its_chunks(client):
    store = client.vector_stores.create().id
    text = "\n\n".join(f"Paragraph {n} speaks of ropes and sails." for n in range(200)) + "\n\nThe lighthouse is red."
    small = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 20}}
    file = client.files.create(file=file_of("log.txt", text), purpose="assistants")
    client.vector_stores.files.create_and_poll(file.id, vector_store_id=store, chunking_strategy=small)
    results = client.vector_stores.search(store, query="What colour is the lighthouse?").data
    assert "lighthouse is red" in results[0].content[0].text
    assert len(results[0].content[0].text) < len(text) / 10
    many = client.vector_stores.search(store, query="ropes and sails").data
    assert {result.file_id for result in many} == {file.id}
    assert len(many) == 10


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, param, code",
    [
        ({}, "query", "missing_required_parameter"),
        ({"query": 7}, "query", "invalid_type"),
        ({"query": []}, "query", "empty_array"),
        ({"query": "x", "max_num_results": 0}, "max_num_results", "integer_below_min_value"),
        ({"query": "x", "max_num_results": 51}, "max_num_results", "integer_above_max_value"),
        ({"query": "x", "ranking_options": {"ranker": "best"}}, "ranking_options.ranker", "invalid_value"),
        (
            {"query": "x", "ranking_options": {"score_threshold": 1.5}},
            "ranking_options.score_threshold",
            "decimal_above_max_value",
        ),
        ({"query": "x", "rewrite_query": "yes"}, "rewrite_query", "invalid_type"),
        ({"query": "x", "top": 3}, "top", "unknown_parameter"),
        ({"query": "x", "filters": []}, "filters", "invalid_type"),
        ({"query": "x", "filters": {"type": "like", "key": "a", "value": 1}}, "filters", "invalid_value"),
        ({"query": "x", "filters": {"type": "eq", "key": "a"}}, "filters", "invalid_value"),
        ({"query": "x", "filters": {"type": "in", "key": "a", "value": 1}}, "filters", "invalid_value"),
        ({"query": "x", "filters": {"type": "and", "filters": [{"type": "eq"}]}}, "filters", "invalid_value"),
    ],
)
def test_an_invalid_search_is_refused(ns, body, param, code):
    api = raw_api(ns)
    store = api.post_json("/vector_stores", {"file_ids": [api.upload()["id"]]})["id"]
    response = api.post(f"/vector_stores/{store}/search", body)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code)


def test_an_invalid_filter_is_refused_even_if_the_store_is_empty(ns):
    api = raw_api(ns)
    store = api.post_json("/vector_stores", {})["id"]
    assert api.post(f"/vector_stores/{store}/search", {"query": "x", "filters": {"type": "like"}}).status_code == 400


def test_an_unknown_store_cannot_be_searched(ns):
    assert_refused(
        raw_api(ns).post("/vector_stores/vs_0/search", {"query": "x"}), 404, "No vector store found with id 'vs_0'."
    )


async def test_the_same_search_has_the_same_results(either, store):
    pages = [
        (await resolve(either.vector_stores.search(store, query="ferry at the berth"))).to_dict() for _ in range(2)
    ]
    assert pages[0] == pages[1]


def test_a_search_in_another_namespace_finds_nothing(client, ns):
    store = client.vector_stores.create().id
    with pytest.raises(openai.NotFoundError):
        client.with_options(api_key=f"{ns.key[:40]}-other").vector_stores.search(store, query="x")
