"""Templates that would take all time or memory; each ends within the steps that are counted, and names a limit."""

import json
import re

import pytest

from scripted_models import ScriptSource, lint, load
from scripted_models.template_compiler import TemplateError
from scripted_models.template_limits import MAX_STEPS, Account, LimitError, together
from scripted_models.templating import fill, fill_value, holds, static

DOUBLING = "{% set ns = namespace(x=START, y=START) %}{% for i in range(ROUNDS) %}{% set ns.x = STEP %}{% endfor %}"
HUGE = "9" * 15


def doubled(start, step, rounds=90, end=""):
    """Return a template that puts a value into itself many times, and then does something with it."""
    return DOUBLING.replace("START", start).replace("STEP", step).replace("ROUNDS", str(rounds)) + end


def repeated(expression, rounds=400_000):
    """Return a template that does something with large data again and again."""
    return f"{{% for i in range({rounds}) %}}{{% if {expression} %}}{{% endif %}}{{% endfor %}}"


TWINS = (
    "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}"
    "{% set ns.y = [ns.y, ns.y] %}{% endfor %}"
)
BOMBS = {
    # values that contain themselves many times, in everything that walks through them
    "compare twins": TWINS + "{{ ns.x == ns.y }}",
    "compare twins that nest without end": TWINS.replace("90", "300") + "{{ ns.x == ns.y }}",
    "order twins": TWINS + "{{ ns.x < ns.y }}",
    "find a twin in a list": TWINS + "{{ ns.x in [1, ns.y] }}",
    "find a twin by a test": TWINS + "{{ ns.x is in [1, ns.y] }}",
    "compare by a test": TWINS + "{{ ns.x is eq ns.y }}",
    "choose by comparing": TWINS + "{{ [ns.x] | select('eq', ns.y) | list }}",
    "find the place of a twin": TWINS + "{{ [ns.y].index(ns.x) }}",
    "count twins": TWINS + "{{ [ns.y].count(ns.x) }}",
    "sort twins": TWINS + "{{ [ns.x, ns.y] | sort }}",
    "the largest twin": TWINS + "{{ [ns.x, ns.y] | max }}",
    "compare in a condition": TWINS + "{% if ns.x == ns.y %}{% endif %}",
    "compare with the last round": TWINS + "{% for i in [1, 2] %}{{ loop.changed(ns.x) }}{% endfor %}",
    "write a doubled list": doubled("[1]", "[ns.x, ns.x]", end="{{ ns.x }}"),
    "write a namespace": doubled("[1]", "[ns.x, ns.x]", end="{{ [ns.x] | string }}"),
    "make JSON of a doubled list": doubled("[1]", "[ns.x, ns.x]", end="{{ ns.x | tojson }}"),
    "join a doubled list": doubled("[1]", "[ns.x, ns.x]", end="{{ [ns.x] | join }}"),
    "format a doubled list": doubled("[1]", "[ns.x, ns.x]", end="{{ '%s' % [ns.x] }}"),
    "hash doubled tuples": doubled("(1,)", "(ns.x, ns.x)", end="{{ {}[ns.x] }}"),
    "a doubled tuple as a key": doubled("(1,)", "(ns.x, ns.x)", end="{{ {ns.x: 1} }}"),
    "a doubled tuple in dict()": doubled("(1,)", "(ns.x, ns.x)", end="{{ dict([[ns.x, 1]]) }}"),
    "look a doubled tuple up": doubled("(1,)", "(ns.x, ns.x)", end="{{ {}.get(ns.x) }}"),
    "doubled tuples made unique": doubled("(1,)", "(ns.x, ns.x)", end="{{ [ns.x] | unique }}"),
    "group by doubled tuples": doubled("(1,)", "(ns.x, ns.x)", end="{{ [{'a': ns.x}] | groupby('a') }}"),
    "doubled dicts": doubled("{}", "{'a': ns.x, 'b': ns.x}", end="{{ ns.x == ns.y }}"),
    "a message about a doubled list": doubled("[1]", "[ns.x, ns.x]", end="{{ [][ns.x] }}"),
    "nest without end": doubled("()", "(ns.x,)", rounds=90_000, end="{{ {}[ns.x] }}"),
    # growth
    "double a list": doubled("[1]", "ns.x + ns.x", end="{{ ns.x | length }}"),
    "double a tuple": doubled("(1,)", "ns.x + ns.x", end="{{ ns.x | length }}"),
    "double a text": doubled("'ab'", "ns.x + ns.x"),
    "double a text by ~": doubled("'ab'", "ns.x ~ ns.x"),
    "double a text by join": doubled("'ab'", "[ns.x, ns.x] | join"),
    "double a text by its method": doubled("'ab'", "'-'.join([ns.x, ns.x])"),
    "double a text by format": doubled("'ab'", "'%s%s' % (ns.x, ns.x)"),
    "double a text by sum": "{{ (['ab' * 1000] * 100000) | sum(start='') }}",
    "square a text by replacing": doubled("'aa'", "ns.x | replace('a', ns.x)"),
    "square a text by its method": doubled("'aa'", "ns.x.replace('a', ns.x)"),
    "replace nothing": "{{ ('a' * 900000) | replace('', 'b' * 900000) }}",
    "repeat a text": f"{{{{ 'a' * {HUGE} }}}}",
    "repeat a text from the left": f"{{{{ {HUGE} * 'a' }}}}",
    "repeat a list": f"{{{{ [0] * {HUGE} }}}}",
    "repeat a list of lists": "{{ (((([1] * 1000) * 1000) * 1000) * 1000) | length }}",
    "sum up lists": "{{ ([[1] * 1000] * 400) | sum(start=[]) | length }}",
    "capture in a loop": "{% set ns = namespace(x=[]) %}{% for i in range(999) %}{% set ns.x = [ns.x, 'a' * 900000 ~ i] %}{% endfor %}",
    "capture text": "{% set ns = namespace(x='ab') %}{% for i in range(90) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}",
    "fixed text in a loop": "{% for i in range(400000) %}" + "x" * 1000 + "{% endfor %}",
    "fixed text in a filter": "{% for i in range(400000) %}{% filter upper %}" + "x" * 1000 + "{% endfilter %}{% endfor %}",
    # numbers that make long texts
    "a wide format": f"{{{{ '%{HUGE}d' % 1 }}}}",
    "a precise format": f"{{{{ '%.{HUGE}f' % 1 }}}}",
    "a wide format with a key": f"{{{{ '%(a){HUGE}d' % {{'a': 1}} }}}}",
    "a wide format with a key in parentheses": f"{{{{ '%(a(b)){HUGE}d' % {{'a(b)': 1}} }}}}",
    "a format with its width beside it": f"{{{{ '%*d' % ({HUGE}, 1) }}}}",
    "a format with many keys": "{{ ('%(a)s' * 40000) % {'a': 'x' * 900000} }}",
    "many wide formats": "{{ ('%9999d' * 1000) % (range(1000) | list) }}",
    "the filter format": f"{{{{ '%{HUGE}d' | format(1) }}}}",
    "the method format": "{{ '{:>999999999}'.format(1) }}",
    "the method format_map": "{{ '{a:>999999999}'.format_map({'a': 1}) }}",
    "ljust": f"{{{{ 'a'.ljust({HUGE}) }}}}",
    "rjust": f"{{{{ 'a'.rjust({HUGE}) }}}}",
    "zfill": f"{{{{ 'a'.zfill({HUGE}) }}}}",
    "center as a method": f"{{{{ 'a'.center({HUGE}) }}}}",
    "center": f"{{{{ 'a' | center({HUGE}) }}}}",
    "expandtabs": f"{{{{ '\t'.expandtabs({HUGE}) }}}}",
    "indent": f"{{{{ 'a' | indent({HUGE}, true) }}}}",
    "indent by a text": "{{ ('a\n' * 9000) | indent('x' * 9000) }}",
    "batch": f"{{{{ [1] | batch({HUGE}, 'x') | list }}}}",
    "slice": f"{{{{ [1] | slice({HUGE}) | list }}}}",
    "round": "{{ 1 | round(999999999, 'floor') }}",
    "wordwrap": "{{ ('a' * 900000) | wordwrap(1) }}",
    "indented JSON": "{{ ([[[[[[[[1] * 400] * 99]]]]]] | tojson(indent=8)) * 9 }}",
    "range": f"{{{{ range({HUGE}) | list }}}}",
    "bytes of a number": "{{ (1).to_bytes(999999999, 'big') }}",
    "bytes of a text": "{{ 'a'.encode() }}",
    # long numbers
    "a power of a power": "{{ 9 ** (9 ** 9) }}",
    "a power as text": "{{ 10 ** 100000 | int | string }}",
    "a negative power": "{{ 9 ** (0 - 99999999) }}",
    "square a number": doubled("9", "ns.x * ns.x"),
    "a number in hexadecimal": "{{ ('f' * 900000) | int(base=16) }}",
    "a long number in the template": "{{ 1 + 0x" + "f" * 100_000 + " }}",
    "a long decimal number": "{{ " + "9" * 100_000 + " }}",
    # loops and calls
    "loops in loops": "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}",
    "loops through texts": "{% for a in s %}{% for b in s %}{% endfor %}{% endfor %}",
    "a loop with a condition": "{% for a in range(400000) if a in range(400000) and a is in range(400000) %}{% endfor %}" * 9,
    "a recursive loop": "{% for a in range(9) recursive %}{{ loop(range(9)) }}{% endfor %}",
    "the length of a loop": "{% for i in range(9999) %}{% for j in range(9999) %}{{ loop.length }}{% endfor %}{% endfor %}",
    "macros": "{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m(1) }}",
    "macros that double": "{% macro d(x) %}{{ x }}{{ x }}{% endmacro %}{{ " + "d(" * 25 + "'ab'" + ")" * 25 + " }}",
    "blocks": "{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}",
    "many arguments": "{% macro m() %}{{ varargs | length }}{% endmacro %}" + repeated("m(*range(400000))"),
    # large data, again and again
    "search": repeated("'aaaaab' in s2"),
    "search by a test": repeated("'aaaaab' is in s2"),
    "search backwards": repeated("s2.rfind('b' ~ s2)"),
    "split from the right": repeated("s2.rsplit('b' ~ s2[:9000])"),
    "strip many signs": repeated("s2.strip('b' * 9000)"),
    "trim many signs": repeated("s2 | trim('b' * 9000)"),
    "slice text": repeated("s2[::-1]"),
    "slice a list": repeated("items[1:]"),
    "upper": repeated("s2 | upper"),
    "striptags": repeated("('<!--x-->' * 9000) | striptags"),
    "entities": repeated("('&amp;' * 9000) | striptags"),
    "copy a list": repeated("items | list"),
    "sort": repeated("items | sort"),
    "sort by many attributes": repeated("rows | sort(attribute='a,a,a')"),
    "group": repeated("rows | groupby('a')"),
    "reverse": repeated("items | reverse"),
    "map": repeated("items | map('string')"),
    "map attributes": repeated("rows | map(attribute='a')"),
    "select": repeated("items | select"),
    "views": repeated("1 in row.items()"),
    "values": repeated("'nothing' in row.values()"),
    "differences of views": repeated("row.items() - row.items()"),
    "parse JSON": repeated("('[' ~ '1,' * 9000 ~ '1]') | json"),
    "hashes that collide": "{{ range(0, 90000 * (2 ** 61 - 1), 2 ** 61 - 1) | unique | list | length }}",
    "keys that collide": "{% set ns = namespace(x=0) %}{{ {2 ** 61: 1} }}",
    # what is not there
    "lipsum": "{{ lipsum(99999) }}",
    "cycler": "{{ cycler(*range(9)) }}",
    "joiner": "{{ joiner() }}",
    "include": "{% include 'x' %}",
    "import": "{% import 'x' as x %}",
    "pprint": "{{ items | pprint }}",
    "xmlattr": "{{ {'a': 1} | xmlattr }}",
    "urlize": "{{ ('http://' * 9000) | urlize }}",
    "autoescape": "{% autoescape true %}{{ '<' * 9000 }}{% endautoescape %}",
    # the form
    "many parts": "{{ a }}" * 25_000,
    "a long template": "x{{ a }}" + "x" * 200_000,
    "deep brackets": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
}  # fmt: skip
DATA = {
    "s": "a" * 100_000,
    "s2": "a" * 100_000,
    "items": list(range(100_000)),
    "rows": [{"a": n} for n in range(10_000)],
    "row": {str(n): n for n in range(10_000)},
}
LIMITS = re.compile(
    r"more than|longer than|at most|nested too deeply|nested more than|the key of a dict|not for templates|unsafe"
    r"|no filter|stands alone|is undefined|unsupported operand|no autoescape|no \*|Exceeds the limit|too many statically"
)


@pytest.mark.parametrize("bomb", BOMBS)
def test_it_ends_within_the_counted_steps(bomb):
    # A fifth of the steps of one template is enough to see it, and five times as fast.
    with together(Account(MAX_STEPS // 5)), pytest.raises(TemplateError) as caught:
        fill(BOMBS[bomb], DATA)
    assert LIMITS.search(str(caught.value)), str(caught.value)
    assert "processor time" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("bomb", ["loops in loops", "many arguments", "slice a list", "sort"])
def test_a_template_alone_has_as_many_steps_as_the_message_says(bomb):
    with pytest.raises(TemplateError, match="the template takes more than 500,000 steps"):
        fill(BOMBS[bomb], DATA)


@pytest.mark.parametrize(
    "bomb", ["compare twins", "double a text", "loops in loops", "a wide format", "hashes that collide"]
)
def test_a_script_with_one_is_linted_and_loaded_and_fails_where_it_is_played(bomb, engine, view):
    steps = [{"say": BOMBS[bomb], "stream": {"chunk": ["a"]}}]
    source = ScriptSource("file.json", json.dumps({"emulator": 1, "turns": [{"steps": steps}]}))
    assert [problem for problem in lint([source]) if problem.severity == "error"] == []
    (failure,) = engine.play(load([source]).backend.turn(view("hello", memory=engine.memory)))
    assert failure.message.startswith("[emulator] file.json:1: turns[0].steps[0].say: template: ")
    assert LIMITS.search(failure.message)


@pytest.mark.parametrize(
    "step,path",
    [
        ({"check": "9 ** (9 ** 9)"}, "check"),
        ({"choose": [{"if": "'a' * 999999999", "steps": []}]}, "choose[0].if"),
        ({"set": {"a": "{{ 'a' * 999999999 }}"}}, "set.a"),
        ({"set": {"a": {"b": ["x {{ 'a' * 999999999 }}"]}}}, "set.a"),
        ({"call": "f", "args": {"a": "{{ [0] * 999999999 }}"}}, "args.a"),
        ({"wait": "{{ 9 ** (9 ** 9) }}"}, "wait"),
        ({"say": "x", "images": ["{{ 'a' * 999999999 }}"]}, "images[0]"),
    ],
)
def test_every_place_of_a_template_has_the_same_limits(step, path, engine, view):
    source = ScriptSource("file.json", json.dumps({"emulator": 1, "turns": [{"steps": [step]}]}))
    (failure,) = engine.play(load([source]).backend.turn(view("hello", memory=engine.memory)))
    assert path in failure.message
    assert LIMITS.search(failure.message)


def test_many_templates_of_a_turn_share_a_limit(engine, view):
    busy = "{% for i in range(400000) %}{% endfor %}done"
    source = ScriptSource("file.json", json.dumps({"emulator": 1, "turns": [{"steps": [{"say": busy}] * 50}]}))
    played = engine.play(load([source]).backend.turn(view("hello", memory=engine.memory)))
    assert 3 < len(played) < 8
    assert "the templates take more than 2,500,000 steps together" in played[-1].message


def test_many_templates_of_a_script_are_linted_within_one_limit():
    account = Account(2 * MAX_STEPS)
    with together(account):
        assert static("{% for i in range(400000) %}{% endfor %}") == ""
        assert static("{% for i in range(400000) %}{% endfor %}") == ""
        assert static("{% for i in range(400000) %}{% endfor %}") is None


def test_processor_time_is_a_limit_behind_the_steps(monkeypatch):
    now = iter(range(0, 1_000, 9))
    monkeypatch.setattr("scripted_models.template_limits.time.thread_time", lambda: next(now))
    monkeypatch.setattr("scripted_models.template_limits.time.perf_counter", lambda: next(now))
    with pytest.raises(LimitError, match="30 s of processor time"):
        pay_until_it_ends(Account())


def pay_until_it_ends(account):
    for _ in range(9):
        account.pay()


@pytest.mark.parametrize(
    "template,expected",
    [
        ("{{ [1, [2, {'a': 'b'}]] == [1, [2, {'a': 'b'}]] }}{{ 1 < 2 < 3 }}{{ 3 > 2 > 2 }}{{ 1 > 2 > missing }}", "TrueTrueFalseFalse"),
        ("{{ 'b' in 'abc' }}{{ 1 not in [2] }}{{ 'a' in {'a': 1} }}{{ 'a' not in 'abc' }}", "TrueTrueTrueFalse"),
        ("{{ 'abcdef'[1:4] }}{{ [1, 2, 3][::-1] }}{{ 'abc'[-1] }}{{ 'abc'[:] }}{{ (1, 2)[1:] }}", "bcd[3, 2, 1]cabc(2,)"),
        ("{{ {'a': 1, 2: 'b', none: 3, true: 4} }}{{ {'a': 1}.get('b', 2) }}{{ dict(a=1) }}{{ dict([('a', 1)], b=2) }}",
         "{'a': 1, 2: 'b', None: 3, True: 4}2{'a': 1}{'a': 1, 'b': 2}"),
        ("{{ 'a'.center(3) }}|{{ 'a'.ljust(3) }}|{{ 'a'.rjust(3, '-') }}|{{ '7'.zfill(3) }}", " a |a  |--a|007"),
        ("{{ [3, 1, 2] | sort }}{{ [1, 2] | map('string') }}{{ [1, 1, 2] | unique }}{{ [(1, 2), (1, 2)] | unique }}",
         "[1, 2, 3]['1', '2'][1, 2][(1, 2)]"),
        ("{{ [[1], [2]] | sum(start=[]) }}{{ [{'a': 1}, {'a': 2}] | sum('a') }}{{ [{'a': {'b': 1}}] | join(',', 'a.b') }}", "[1, 2]31"),
        ("{{ '%(a)s-%(b)05.1f %%' % {'a': 'x', 'b': 2} }}{{ '%s' % [1] }}{{ '%-4s|' % 'a' }}{{ '%d%%' % 5 }}", "x-002.0 %[1]a   |5%"),
        ("{{ '<!-- a --><b>x &amp; y</b>  z' | striptags }}{{ '<a>' | e }}{{ '<a>' | safe }}", "x & y z&lt;a&gt;<a>"),
        ("{{ -2 ** 2 }}{{ 7 // 2 }}{{ 7 % 4 }}{{ 1 / 4 }}{{ 5 - 2 }}{{ -(3) }}{{ +(3) }}{{ 2 ** -1 }}", "4330.253-330.5"),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{{ loop.last }}{{ loop.length }}{% endfor %}", "a1True1"),
        ("{% for a in [[1, [2]]] recursive %}{{ a if a is number else loop(a) }}{% endfor %}", "12"),
        ("{% set ns = namespace(a=1) %}{% set ns.a = ns.a + 1 %}{{ ns.a }}{{ ns }}{{ namespace({'b': 3}).b }}", "2<namespace>3"),
        ("{% for g in [{'k': 1}, {'k': 2}, {'k': 1}] | groupby('k') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}", "1221"),
        ("{% block a %}x{% endblock %}{{ self.a() }}{% call(x) m() %}{{ x }}{% endcall %}"
         .replace("{% call", "{% macro m() %}<{{ caller(1) }}>{% endmacro %}{% call"), "xx<1>"),
        ("{{ ('word ' * 5000) | truncate(9) }}{{ ('a\nb' | indent(2)) }}", "word...a\n  b"),
    ],
)  # fmt: skip
def test_what_scripts_do_is_as_before(template, expected):
    assert fill(template, {}) == expected


LOGS = "line of a log\n" * 150_000


@pytest.mark.parametrize(
    "template",
    ["{{ code.logs }}", "Result: {{ code.logs }}", "{{ 'Result: ' ~ code.logs }}", "{{ code.logs | upper }}",
     "{{ code.logs.strip() }}", "{{ code.logs | tojson }}", "{{ outputs.a }}{{ outputs.b }}{{ outputs.c }}"],
)  # fmt: skip
def test_what_a_template_was_given_does_not_count_as_made(template):
    names = {"code": {"logs": LOGS}, "outputs": {"a": "x" * 524_288, "b": "y" * 524_288, "c": "z" * 524_288}}
    assert len(LOGS) > 2_000_000
    assert len(fill(template, names)) > 1_500_000
    assert fill_value("{{ code.logs }}", names) == LOGS
    assert holds("code.logs == code.logs and 'log' in code.logs", names)


def test_a_large_output_can_be_parsed_and_shown():
    output = json.dumps([{"id": n, "name": f"item {n}", "tags": ["a", "b"]} for n in range(9_000)])
    assert 400_000 < len(output) < 524_288
    template = "{% for item in outputs.list | data %}{{ loop.index }}. {{ item.name | upper }} {{ item.tags | join }}\n{% endfor %}"
    assert fill(template, {"outputs": {"list": output}}).endswith("9000. ITEM 8999 ab\n")


@pytest.mark.parametrize(
    "template,message",
    [
        ("{{ 'a' * 1000001 }}", "a text is longer than 1,000,000 characters"),
        ("{{ 'a' * 900000 * 2 }}", "a text is longer than 1,000,000 characters"),
        ("{{ s * 10 }}", "a text is longer than 1,250,000 characters"),
        ("{{ [1] * 1000000 }}", "a value has more than 500,000 items"),
        ("{{ range(1000000) }}", "a value has more than 500,000 items"),
        ("{{ 2 ** 20000 }}", "a number has more than 10,000 bits"),
        ("{{ missing['" + "k" * 5000 + "'] }}", "'missing' is undefined"),
        ("{{ {}['" + "k" * 5000 + "'] }}", "…"),
        ("{{ message" + "x" * 5000 + " }}", "…"),
        ("{{ y " + "x" * 5000 + " }}", "…"),
        ("{{ 'no' | json }}", "not JSON"),
        ("{{ ('x' * 5000) | json }}", "not JSON"),
        ("{{ {}[1] + 'x' * 5000 }}", "has no element 1"),
    ],
)
def test_messages_name_the_limit_that_was_reached_and_stay_short(template, message):
    with pytest.raises(TemplateError) as caught:
        fill(template, {"s": "a" * 250_000} if " s " in template else {})
    assert message in str(caught.value)
    assert len(str(caught.value)) <= 320


def test_a_text_of_a_million_characters_can_be_made():
    assert len(fill("{{ 'a' * 1000000 }}", {})) == 1_000_000
