import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

limits, orders = st.integers(1, 9), st.sampled_from(["asc", "desc"])
quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
SIZE = 8


def messages(namespace):
    thread = namespace.create_thread("0")
    for n in range(1, SIZE):
        namespace.post(f"threads/{thread}/messages", {"role": "user", "content": str(n)})
    return f"threads/{thread}/messages"


def assistants(namespace):
    for _ in range(SIZE):
        namespace.create_assistant()
    return "assistants"


def runs(namespace):
    assistant, thread = namespace.create_assistant(), namespace.create_thread()
    for _ in range(SIZE):
        run = namespace.post(f"threads/{thread}/runs", {"assistant_id": assistant})
        assert namespace.get(f"threads/{thread}/runs/{run['id']}")["status"] == "completed"
    return f"threads/{thread}/runs"


def steps(namespace):
    namespace.load({"emulator": 1, "turns": [{"steps": [{"code": str(n)} for n in range(SIZE)]}]})
    assistant, thread = namespace.create_assistant(), namespace.create_thread()
    run = namespace.post(f"threads/{thread}/runs", {"assistant_id": assistant})
    return f"threads/{thread}/runs/{run['id']}/steps"


@pytest.fixture(scope="module", params=[messages, assistants, runs, steps], ids=lambda make: make.__name__)
def listed(request, server):
    from contract_tests.properties.namespaces import Namespace

    namespace = Namespace(server.url, f"pages-{request.param.__name__}").recreate()
    path = request.param(namespace)
    yield namespace, path, [item["id"] for item in namespace.all(path)]
    namespace.close()


def check_page(page, expected, *, more):
    ids = [item["id"] for item in page["data"]]
    assert ids == expected
    ends = (ids[0], ids[-1]) if ids else (None, None)
    assert (page["object"], page["first_id"], page["last_id"]) == ("list", *ends)
    assert page["has_more"] == more


@quick
@given(limit=limits, order=orders)
def test_paging_forwards_yields_the_whole_list(listed, limit, order):
    namespace, path, ids = listed
    whole = ids if order == "asc" else ids[::-1]
    query, at = {}, 0
    while True:
        page = namespace.get(path, limit=limit, order=order, **query)
        check_page(page, whole[at : at + limit], more=at + limit < SIZE)
        at += limit
        if not page["has_more"]:
            break
        query = {"after": page["last_id"]}
    assert at >= SIZE


@quick
@given(limit=limits, order=orders)
def test_paging_backwards_yields_the_whole_list(listed, limit, order):
    namespace, path, ids = listed
    whole = ids if order == "asc" else ids[::-1]
    end = SIZE - 1
    while end > 0:
        page = namespace.get(path, limit=limit, order=order, before=whole[end])
        check_page(page, whole[max(0, end - limit) : end], more=end > limit)
        end -= limit


@quick
@given(limit=limits, order=orders, data=st.data())
def test_a_page_between_two_cursors_starts_after_the_first(listed, limit, order, data):
    namespace, path, ids = listed
    whole = ids if order == "asc" else ids[::-1]
    first = data.draw(st.integers(0, SIZE - 1))
    last = data.draw(st.integers(first, SIZE - 1))
    page = namespace.get(path, limit=limit, order=order, after=whole[first], before=whole[last])
    between = whole[first + 1 : last]
    check_page(page, between[:limit], more=len(between) > limit)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(limit=limits, order=orders, deleted=st.sets(st.integers(0, SIZE - 1), min_size=1))
def test_deleted_messages_leave_no_gap_and_still_work_as_cursors(namespaces, limit, order, deleted):
    namespace = namespaces()
    path = messages(namespace)
    ids = [item["id"] for item in namespace.all(path)]
    for n in deleted:
        assert namespace.request("DELETE", f"{path}/{ids[n]}").status_code == 200
    whole = ids if order == "asc" else ids[::-1]
    deleted_ids = {ids[n] for n in deleted}
    remaining = [item_id for item_id in whole if item_id not in deleted_ids]
    listed_items, page = [], namespace.get(path, limit=limit, order=order)
    listed_items += page["data"]
    while page["has_more"]:
        page = namespace.get(path, limit=limit, order=order, after=page["last_id"])
        listed_items += page["data"]
    assert [item["id"] for item in listed_items] == remaining
    for item_id in deleted_ids:
        following = [other for other in whole[whole.index(item_id) + 1 :] if other not in deleted_ids]
        check_page(
            namespace.get(path, limit=limit, order=order, after=item_id), following[:limit], more=len(following) > limit
        )
    namespace.close()
