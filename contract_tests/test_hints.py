"""Hints at programs, against a real server: each kind has programs that earn it, and programs that do it well."""

import pytest

from contract_tests import hinted_ports as ports
from contract_tests import hinted_programs as programs
from contract_tests.harness import NOON
from contract_tests.hinted_programs import Setting

SAYS, ASKS = {"say": "Fog."}, {"call": "look_outside"}
ASKS_TWO = {"call": [{"name": "look_outside"}, {"name": "read_tides"}]}
FAILS, STOPS, EXPIRES = {"fail": "server_error", "message": "broken"}, {"stop": "max_prompt_tokens"}, {"expire": "now"}
AT_POLLS = {"pace": {"progression": "polls"}}

# kind, the steps of the script, what is configured, the programs that earn it, those that do not
TABLE = [
    ("cancelled_too_late", (SAYS,), {}, [programs.cancels_at_once], []),
    ("cancelled_too_late", (SAYS,), AT_POLLS, [], [programs.cancels_at_once]),
    ("cancelled_too_late", (ASKS, SAYS), {}, [], [programs.cancels_what_still_waits]),
    ("raced_an_active_run", (SAYS,), {}, [programs.goes_on_without_a_look], [programs.goes_on_when_the_run_is_over]),
    (
        "refused_by_active_run",
        (ASKS, SAYS),
        {},
        [programs.is_in_the_way_of_its_run, programs.starts_a_second_run],
        [],
    ),
    ("refused_by_active_run", (ASKS, SAYS), {}, [], [programs.says_more_when_the_run_is_over]),
    ("outputs_unasked", (SAYS,), AT_POLLS, [programs.answers_before_it_is_asked], []),
    ("outputs_unasked", (SAYS,), {}, [programs.answers_before_it_is_asked], []),
    (
        "outputs_too_late",
        (ASKS, SAYS),
        {},
        [programs.answers_too_late, programs.answers_a_run_that_it_cancelled],
        [programs.answers_all_at_once, programs.cancels_what_still_waits],
    ),
    ("outputs_twice", (ASKS, SAYS), {}, [programs.answers_twice], [programs.answers_all_at_once]),
    ("outputs_twice", (ASKS, ASKS, SAYS), {}, [programs.answers_the_last_calls_again], []),
    (
        "outputs_incomplete",
        (ASKS_TWO, SAYS),
        {},
        [programs.answers_one_of_two_calls, programs.answers_call_by_call],
        [programs.answers_all_at_once],
    ),
    (
        "polled_past_end",
        (FAILS,),
        {},
        [programs.waits_for_completed_alone, programs.reads_a_stream_and_then_the_run_for_ever],
        [programs.stops_at_any_end, programs.reads_a_stream_and_then_the_run],
    ),
    ("polled_past_end", (STOPS,), {}, [programs.waits_for_completed_alone], [programs.stops_at_any_end]),
    (
        "status_never_shown",
        (FAILS,),
        {},
        [programs.never_looks],
        [programs.looks_once, programs.lists_its_runs, programs.reads_a_stream_and_then_the_run],
    ),
    ("status_never_shown", (STOPS,), {}, [programs.never_looks], [programs.looks_once]),
    ("status_never_shown", (EXPIRES,), {}, [programs.never_looks], [programs.looks_once]),
    (
        "status_never_shown",
        (ASKS, SAYS),
        {},
        [programs.never_looks, programs.sleeps_too_long_over_its_calls],
        [programs.looks_once, programs.answers_all_at_once, programs.answers_what_it_found_in_the_steps],
    ),
    ("status_never_shown", (SAYS,), {}, [], [programs.never_looks]),
    (
        "rest_of_list_unread",
        (SAYS,),
        {},
        [programs.takes_a_page_for_the_list, programs.takes_a_page_of_assistants_for_all],
        [
            programs.goes_from_page_to_page,
            programs.goes_backwards_from_page_to_page,
            programs.asks_for_the_newest,
            programs.asks_for_a_page_that_has_all,
        ],
    ),
    (
        "wrong_url",
        (SAYS,),
        {},
        [programs.has_no_v1_in_its_base_url, programs.asks_another_api],
        [programs.asks_for_what_is_not_there],
    ),
    (
        "batch_read_as_store",
        (SAYS,),
        {},
        [programs.reads_its_batch, programs.takes_the_id_of_what_it_polled],
        [programs.polls_its_batch],
    ),
    ("batch_read_as_store", (SAYS,), {"wire": "2025-10-24"}, [], [programs.reads_its_batch]),
    (
        "batch_order_ignored",
        (SAYS,),
        {},
        [programs.wants_an_order_of_files],
        [programs.takes_the_files_as_they_come],
    ),
    ("batch_order_ignored", (SAYS,), {"wire": "2025-09-30"}, [], [programs.wants_an_order_of_files]),
    (
        "file_left_its_stores",
        (SAYS,),
        {},
        [programs.deletes_the_file_first],
        [programs.removes_the_file_first],
    ),
    ("file_left_its_stores", (SAYS,), {"wire": "2025-10-31"}, [], [programs.deletes_the_file_first]),
    (
        "shaped_for_assistants",
        (SAYS,),
        {},
        [
            ports.names_its_assistant,
            ports.offers_a_nested_function,
            ports.offers_a_search_without_its_stores,
            ports.sends_parts_of_a_message_of_a_thread,
            ports.goes_on_in_a_thread,
            ports.lists_the_messages_of_a_conversation,
            ports.submits_outputs,
            ports.lists_its_responses,
        ],
        [ports.makes_other_mistakes, ports.asks_in_a_conversation],
    ),
    ("shaped_for_assistants", (ASKS, SAYS), {}, [ports.answers_items, ports.answers_alone], []),
    (
        "calls_unanswered",
        (ASKS_TWO, SAYS),
        {},
        [ports.asks, ports.streams, ports.goes_on_over_its_calls, ports.answers_one_of_two_calls],
        [ports.answers_in_a_chain, ports.answers_without_the_server, ports.answers_a_stream],
    ),
    ("calls_unanswered", ({**ASKS, "fail": "server_error"},), {}, [], [ports.asks, ports.streams]),
    (
        "sent_only_once",
        (SAYS,),
        {},
        [ports.sends_its_instructions_once, ports.sends_its_tools_once],
        [ports.asks_in_a_conversation, ports.never_has_instructions],
    ),
    ("sent_only_once", (ASKS, SAYS), {}, [], [ports.ends_its_turn_without_tools]),
]


@pytest.fixture
def setting(ns, client):
    """What a program works with; its clock is frozen, and goes on only while the program waits."""
    ns.freeze(NOON)
    return Setting(ns, client)


@pytest.fixture
def hints_at(ns, setting):
    """Return a function that runs a program, and returns the hints at it."""

    def hints(steps, config, program):
        ns.play(*steps)
        ns.put(**config)
        program(setting)
        return ns.report()["hints"]

    return hints


def rows(place):
    """Return the programs in a place of the table, each with its kind, its script and its configuration."""
    return [
        pytest.param(kind, steps, config, program, id=f"{kind}-{program.__name__}-{number}")
        for number, (kind, steps, config, *programs) in enumerate(TABLE)
        for program in programs[place]
    ]


@pytest.mark.parametrize("kind, steps, config, program", rows(0))
def test_a_program_earns_a_hint(hints_at, kind, steps, config, program):
    assert kind in [hint["kind"] for hint in hints_at(steps, config, program)]


@pytest.mark.parametrize("kind, steps, config, program", rows(1))
def test_a_program_that_does_it_well_earns_none(hints_at, kind, steps, config, program):
    assert hints_at(steps, config, program) == []


def test_each_mistake_of_a_port_is_told_what_to_do_instead(hints_at):
    def program(setting):
        for mistake in (ports.names_its_assistant, ports.offers_a_nested_function, ports.offers_a_nested_function):
            mistake(setting)

    first, second = hints_at((SAYS,), {}, program)
    assert "send its model, instructions and tools with each" in first["message"]
    assert "functions are flat" in second["message"]
    assert [(hint["count"], hint["about"]) for hint in (first, second)] == [
        (1, "POST /responses"),
        (2, "POST /responses"),
    ]


def test_a_hint_counts_the_calls_of_a_response_that_nobody_answered(hints_at):
    (hint,) = hints_at((ASKS_TWO, SAYS), {}, ports.asks)
    assert (hint["count"], hint["run"][:5]) == (2, "resp_")


def test_every_kind_of_hint_is_in_the_table():
    from emulator.domain.hints.kinds import HintKind

    assert {row[0] for row in TABLE} == {kind.value for kind in HintKind}
