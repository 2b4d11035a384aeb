import pytest

from scripted_models.template_compiler import TemplateError
from scripted_models.template_limits import MAX_TEXT
from scripted_models.templating import fill, fill_value, holds, static, syntax_error


@pytest.mark.parametrize(
    "text,expected",
    [
        ("no holes", "no holes"),
        ("one } or { is none", "one } or { is none"),
        ("{{ a }}", "7"),
        ("{{ a }}\n", "7\n"),
        ("{# nothing #}x", "x"),
        ("{% raw %}{{ a }}{% endraw %}", "{{ a }}"),
        ("{% raw %}\r\n{% endraw %}", "\r\n"),
        ("{% raw %}{{{% endraw %} and {% raw %}}}{% endraw %}", "{{ and }}"),
        ("{% if a > 3 %}big{% else %}small{% endif %}", "big"),
        ("{% for x in [1, 2] %}{{ x }},{% endfor %}", "1,2,"),
        ("{{ '{\"b\": [1]}' | data }}", "{'b': [1]}"),
        ("{{ ('{\"b\": [1]}' | json).b[0] }}", "1"),
        ("{{ 'no json' | data }}", "no json"),
        ("{{ '\n one \ntwo' | first_line }}", "one "),
        ("{{ {'ä': '<'} | tojson }}", '{"ä": "<"}'),
        ("{{ 'a' ~ a ~ 'b' }}", "a7b"),
        ("{{ 'x.y'.split('.') | join('-') }}", "x-y"),
        ("{{ 'aXa'.replace('a', 'b') }}{{ 'c' | replace('c', 'd') }}", "bXbd"),
        ("{{ ','.join(['a', 'b']) }}", "a,b"),
        ("{{ '%s is %03d' % ('a', 5) }} {{ '%s' | format('b') }}", "a is 005 b"),
        ("{{ b.items }} {{ b.keys() | list }}", "own ['items']"),
        ("{{ nothing | default('none') }}", "none"),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(a) }}", "<7>"),
        ("{{ 3 * 4 }} {{ 'ab' * 2 }} {{ 2 ** 10 }}", "12 abab 1024"),
    ],
)
def test_a_template_is_filled(text, expected):
    assert fill(text, {"a": 7, "b": {"items": "own"}}) == expected


@pytest.mark.parametrize(
    "text,expected",
    [("{{ a }}", [1]), (" {{ a[0] }} ", 1), ("{{ a }}{{ a }}", "[1][1]"), ("{{ '12' }}", "12"), ("plain", "plain"),
     ("{{ a | map('string') }}", ["1"]), ("{{ {'x': a} }}", {"x": [1]}), ("{{ '{{' }}", "{{"), ("{{ a == [1] }}", True)],
)  # fmt: skip
def test_a_single_hole_keeps_the_type_of_its_value(text, expected):
    assert fill_value(text, {"a": [1]}) == expected


def test_a_value_that_cannot_be_kept_is_refused():
    with pytest.raises(TemplateError, match="cannot be kept"):
        fill_value("{{ f }}", {"f": object()})


@pytest.mark.parametrize(
    "text",
    [
        "{{ missing }}",
        "{{ a.missing }}",
        "{{ a.missing.deeper }}",
        "{{ 'no' | json }}",
        "{{ 1 / 0 }}",
        "{{ a | nofilter }}",
        "{{ a",
        "{% if a %}",
        "{{ cite(a) }}",
    ],
)
def test_every_mistake_is_one_kind_of_error(text):
    with pytest.raises(TemplateError, match="template: "):
        fill(text, {"a": {}})


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ f.__globals__ }}",
        "{{ f.__code__ }}",
        "{{ ''['__class__'] }}",
        "{{ '' | attr('__class__') }}",
        "{{ self.__init__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ range.__self__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ dict.__base__ }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ '{0.__class__}' | format(1) | attr('__class__') }}",
        "{{ data.update({'a': 2}) }}",
        "{{ data.clear() }}",
        "{{ items.append(1) }}",
        "{% set data.a = 2 %}",
        "{% do items.append(1) %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{{ lipsum() }}",
        "{{ cycler.__init__ }}",
        "{{ joiner }}",
        "{{ items | random }}",
        "{{ f.__call__.__self__ }}",
        "{{ (f | attr('__globals__')) }}",
    ],
)
def test_nothing_leads_out_of_the_sandbox(text):
    data, items = {"a": 1}, [1]
    with pytest.raises(TemplateError):
        fill(text, {"f": lambda: None, "data": data, "items": items})
    assert (data, items) == ({"a": 1}, [1])


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ 1000000000 * 'a' }}",
        "{{ [0] * 1000000000 }}",
        "{{ ([[1] * 1000] * 1000) * 1000 }}",
        "{{ 10 ** (10 ** 10) }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ 'a' | indent(1000000000, true) }}",
        "{{ [1] | batch(1000000000, 'x') | list }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ range(1000000000) | list }}",
        "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
        "{% for a in s %}{% for b in s %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x.replace('a', ns.x) %}{% endfor %}",
        "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m(1) }}",
        "{% macro d(x) %}{{ x }}{{ x }}{% endmacro %}{{ " + "d(" * 25 + "'ab'" + ")" * 25 + " }}",
        "{{ s.join(['a'] * 100000) }}",
        "{{ ('a' * 900000) ~ ('a' * 900000) }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{% for i in range(3000) %}" + "x" * 1000 + "{% endfor %}",
    ],
)
def test_no_template_works_or_grows_without_bound(text):
    with pytest.raises(TemplateError):
        fill(text, {"s": "a" * 1000})


def test_a_text_may_be_long_within_the_bound():
    assert len(fill("{{ 'a' * 1000 }}{{ s }}", {"s": "b" * 900_000})) == 901_000 < MAX_TEXT


def test_conditions_are_expressions_without_braces():
    assert holds("a > 3 and 'x' in b", {"a": 4, "b": "xy"})
    assert not holds("a", {"a": []})
    with pytest.raises(TemplateError, match="undefined"):
        holds("missing", {})


def test_a_flaw_in_the_form_is_found_without_filling():
    assert syntax_error("{{ anything }}") is None
    assert syntax_error("plain {") is None
    assert syntax_error("a > ", expression=True)
    assert syntax_error("{{ a | nofilter }}")


def test_what_a_template_always_gives_is_known_beforehand():
    assert static("plain") == "plain"
    assert static("{{ 1 + 1 }}") == "2"
    assert static("{% raw %}{{{% endraw %}") == "{{"
    assert static("{{ message }}") is None
