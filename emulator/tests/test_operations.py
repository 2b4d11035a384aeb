import json

import pytest

from emulator.tools import operations
from emulator.tools.operations import functions_of

TEXT = {"type": "string"}


def parameter(name="town", place="query", **more):
    return {"name": name, "in": place, "schema": TEXT, **more}


def spec(*parameters, path=(), components=None, **operation):
    """Return a document with one operation."""
    get = {"operationId": "get", "parameters": list(parameters), **operation}
    return {"paths": {"/tides": {"get": get, "parameters": list(path)}}, "components": components or {}}


def only(document, own=()):
    (function,) = functions_of(document, "tides", own)
    return function


def schema_of(document, own=()):
    return only(document, own)["parameters"]


def test_functions_are_named_after_the_tool_in_the_order_of_the_document():
    paths = {"/b": {"put": {"operationId": "b"}, "get": {"operationId": "a"}}, "/a": {"get": {"operationId": "c"}}}
    assert [one["name"] for one in functions_of({"paths": paths}, "tides")] == ["tides_b", "tides_a", "tides_c"]


def test_a_parameter_has_the_fields_of_its_schema_before_its_description():
    shown = schema_of(
        spec(parameter(description="Where.", schema={"type": "string", "enum": ["Husum"]}, required=True))
    )
    assert json.dumps(shown["properties"]) == '{"town": {"type": "string", "enum": ["Husum"], "description": "Where."}}'
    assert shown["required"] == ["town"]


def test_parameters_of_the_path_are_required_and_headers_are_not_shown():
    shown = schema_of(spec(parameter("a", "path"), parameter("b"), parameter("c", "header"), parameter("d", "cookie")))
    assert (list(shown["properties"]), shown["required"]) == (["a", "b"], ["a"])


def test_parameters_of_the_whole_path_come_first_and_give_way_to_those_of_the_operation():
    shown = schema_of(spec(parameter("a", description="Own."), path=[parameter("a"), parameter("b")]))
    assert shown["properties"] == {"a": {**TEXT, "description": "Own."}, "b": TEXT}


def test_parameters_that_the_client_gives_values_are_left_out():
    shown = schema_of(spec(parameter("a", required=True), parameter("b", required=True)), {"a"})
    assert (shown["properties"], shown["required"]) == ({"b": TEXT}, ["b"])


def test_a_summary_stands_in_for_a_description():
    assert only(spec(summary="Short."))["description"] == "Short."
    assert only(spec(summary="Short.", description="Long."))["description"] == "Long."
    assert only(spec())["description"] == ""


def test_references_within_the_document_are_replaced():
    components = {
        "parameters": {
            "town": {"$ref": "#/components/parameters/place"},
            "place": parameter(schema={"$ref": "#/components/schemas/a~1b"}),
        },
        "schemas": {
            "a/b": {"type": "object", "properties": {"at": {"$ref": "#/components/schemas/at", "title": "At"}}},
            "at": TEXT,
        },
    }
    shown = schema_of(spec({"$ref": "#/components/parameters/town"}, components=components))
    assert shown["properties"]["town"] == {"type": "object", "properties": {"at": {**TEXT, "title": "At"}}}


def test_references_that_name_nothing_here_stay_as_they_are():
    for reference in ("#/components/schemas/gone", "https://tides.example/town.json", "#", 7):
        assert schema_of(spec(parameter(schema={"$ref": reference})))["properties"]["town"] == {"$ref": reference}


def test_a_schema_within_itself_ends_in_an_empty_one():
    tree = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/tree"}}}
    document = spec(parameter(schema={"$ref": "#/components/schemas/tree"}), components={"schemas": {"tree": tree}})
    assert schema_of(document)["properties"]["town"] == {"type": "object", "properties": {"next": {}}}


def test_parameters_that_refer_to_each_other_without_end_are_passed_over():
    components = {
        "parameters": {"a": {"$ref": "#/components/parameters/b"}, "b": {"$ref": "#/components/parameters/a"}}
    }
    assert schema_of(spec({"$ref": "#/components/parameters/a"}, components=components))["properties"] == {}


def depth_of(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def test_a_chain_of_references_nests_no_deeper_than_a_body_may():
    schemas = {f"s{n}": {"items": [{"$ref": f"#/components/schemas/s{n + 1}"}]} for n in range(500)}
    document = spec(parameter(schema={"$ref": "#/components/schemas/s0"}), components={"schemas": schemas})
    assert depth_of(functions_of(document, "tides")) < 60


HUGE = "x" * 50_000
SAME = "#/components/x"


@pytest.mark.parametrize(
    "document",
    [
        {"paths": {f"/{n}": {"$ref": SAME} for n in range(5_000)}, "components": {"x": {"get": {"operationId": HUGE}}}},
        {"paths": {f"/{n}": {"$ref": SAME} for n in range(50_000)}, "components": {"x": {"trace": {}, "y": {}}}},
        {"paths": {f"/{n}": {"get": {"operationId": "a", "description": HUGE}} for n in range(50)}},
        {
            "paths": {
                f"/{n}": {"parameters": [parameter(str(m)) for m in range(50)], "get": {"operationId": "a"}}
                for n in range(999)
            }
        },
        spec(*[parameter(str(n), schema={"$ref": SAME}) for n in range(999)], components={"x": {"title": HUGE}}),
        spec(*[parameter(str(n), schema={"$ref": SAME}) for n in range(999)], components={"x": {"enum": [0] * 9_999}}),
        spec(*[{"$ref": SAME}] * 50_000, components={"x": {}}),
        spec(*[{"$ref": "#/" + "a/" * 9_999}] * 99),
    ],
    ids=range(8),
)
def test_what_is_made_of_a_document_is_bounded(document, monkeypatch):
    spent = []
    real = operations._Document._spend

    def spend(self, *texts):
        spent.append(sum(map(len, texts)))
        real(self, *texts)

    monkeypatch.setattr(operations._Document, "_spend", spend)
    made = functions_of(document, "tides")
    assert len(json.dumps(made)) < 3 * operations._MOST
    assert len(spent) <= operations._MOST // operations._VALUE + 1


NO_OPERATION: list[object] = [
    None,
    7,
    "x",
    [],
    {},
    {"get": None},
    {"get": []},
    {"get": {"operationId": 7}},
    {"$ref": "#/paths/~1a"},
]


@pytest.mark.parametrize("document", [{}, {"paths": []}, *({"paths": {"/a": item}} for item in NO_OPERATION)], ids=str)
def test_a_document_without_operations_has_no_functions(document):
    assert functions_of(document, "tides") == []


NO_PARAMETERS: list[object] = [
    None,
    7,
    {},
    [None],
    [7],
    [{}],
    [{"name": 1, "in": "path"}],
    [{"name": "a", "in": ["path"]}],
]


@pytest.mark.parametrize("parameters", NO_PARAMETERS, ids=str)
def test_parameters_that_are_none_are_passed_over(parameters):
    assert schema_of(
        {"paths": {"/a": {"parameters": parameters, "get": {"operationId": "a", "parameters": parameters}}}}
    ) == {
        "type": "object",
        "properties": {},
        "required": [],
    }


@pytest.mark.parametrize("schema", [None, True, [], "x", 7], ids=str)
def test_a_parameter_without_a_schema_has_its_description_alone(schema):
    document = spec({"name": "a", "in": "query", "schema": schema, "description": "Where."})
    assert schema_of(document)["properties"] == {"a": {"description": "Where."}}
