"""Small programs of which the report has a hint: for each kind one that earns it, and one that does it well.

A program gets a client that repeats nothing by itself, an assistant with two functions, and a thread.
"""

from contextlib import suppress

import openai

from contract_tests.harness import MODEL, TIDES, WEATHER, outputs_of
from contract_tests.raw_api import file_of

HELLO = [{"role": "user", "content": "How is the harbour today?"}]
OVER = ("completed", "failed", "cancelled", "expired", "incomplete")
OUTPUTS = {"look_outside": "fair", "read_tides": "low"}


class Setting:
    """What a program works with, and the shortest ways to use it."""

    def __init__(self, ns, client):
        self.ns = ns
        self.client = client.with_options(max_retries=0)
        self.threads = self.client.beta.threads
        self.runs = self.threads.runs
        self.assistant = self.client.beta.assistants.create(model=MODEL, tools=[WEATHER, TIDES])
        self.thread = self.threads.create(messages=HELLO)

    def start(self, **more):
        return self.runs.create(self.thread.id, assistant_id=self.assistant.id, **more)

    def read(self, run):
        return self.runs.retrieve(run.id, thread_id=self.thread.id)

    def poll(self, run):
        while (run := self.read(run)).status not in (*OVER, "requires_action"):
            pass
        return run

    def submit(self, run, outputs):
        self.runs.submit_tool_outputs(run.id, thread_id=self.thread.id, tool_outputs=outputs)

    def try_to_submit(self, run, outputs):
        with suppress(openai.BadRequestError):
            self.submit(run, outputs)

    def answer(self, run):
        run = self.poll(run)
        self.submit(run, outputs_of(run, **OUTPUTS))
        return self.poll(run)

    def say(self):
        return self.threads.messages.create(self.thread.id, role="user", content="And tomorrow?")

    def store(self, *names):
        """Return a vector store, the files that a program has uploaded, and their batch in it."""
        store = self.client.vector_stores.create()
        files = [self.client.files.create(file=file_of(name), purpose="assistants") for name in names]
        batches = self.client.vector_stores.file_batches
        return store, files, batches.create(store.id, file_ids=[file.id for file in files])


# --- runs -----------------------------------------------------------------------------------------------------------


def cancels_at_once(setting):
    run = setting.start()
    with suppress(openai.BadRequestError):
        setting.runs.cancel(run.id, thread_id=setting.thread.id)


def cancels_what_still_waits(setting):
    run = setting.poll(setting.start())
    setting.runs.cancel(run.id, thread_id=setting.thread.id)


def goes_on_without_a_look(setting):
    setting.start()
    setting.say()


def goes_on_when_the_run_is_over(setting):
    setting.poll(setting.start())
    setting.say()


def is_in_the_way_of_its_run(setting):
    setting.start()
    with suppress(openai.BadRequestError):
        setting.say()


def starts_a_second_run(setting):
    setting.start()
    with suppress(openai.BadRequestError):
        setting.start()


def says_more_when_the_run_is_over(setting):
    setting.answer(setting.start())
    setting.say()
    setting.answer(setting.start())


def waits_for_completed_alone(setting):
    run = setting.start()
    for _ in range(5):
        if (run := setting.read(run)).status == "completed":
            break


def stops_at_any_end(setting):
    run = setting.poll(setting.start())
    setting.read(run)
    setting.read(run)


def reads_a_stream_and_then_the_run(setting):
    (*_, run) = [event.data for event in setting.start(stream=True) if event.event == "thread.run.failed"]
    setting.read(run)


def reads_a_stream_and_then_the_run_for_ever(setting):
    (*_, run) = [event.data for event in setting.start(stream=True) if event.event == "thread.run.failed"]
    for _ in range(3):
        setting.read(run)


def never_looks(setting):
    setting.start()


def looks_once(setting):
    setting.read(setting.start())


def lists_its_runs(setting):
    setting.start()
    list(setting.runs.list(setting.thread.id))


def sleeps_too_long_over_its_calls(setting):
    run = setting.start()
    setting.ns.advance("11m")
    setting.poll(run)


def answers_what_it_found_in_the_steps(setting):
    """Finds the calls in the run's steps, and never reads the run before it is over."""
    run = setting.start()
    (step,) = setting.runs.steps.list(run.id, thread_id=setting.thread.id)
    setting.submit(run, [{"tool_call_id": call.id, "output": "x"} for call in step.step_details.tool_calls])


# --- outputs --------------------------------------------------------------------------------------------------------


def answers_before_it_is_asked(setting):
    setting.try_to_submit(setting.start(), [{"tool_call_id": "call_1", "output": "fair"}])


def answers_too_late(setting):
    run = setting.poll(setting.start())
    setting.ns.advance("11m")
    setting.try_to_submit(run, outputs_of(run, **OUTPUTS))


def answers_a_run_that_it_cancelled(setting):
    run = setting.poll(setting.start())
    setting.runs.cancel(run.id, thread_id=setting.thread.id)
    setting.poll(run)
    setting.try_to_submit(run, outputs_of(run, **OUTPUTS))


def answers_twice(setting):
    run = setting.poll(setting.start())
    for _ in range(2):
        setting.try_to_submit(run, outputs_of(run, **OUTPUTS))
    setting.poll(run)


def answers_the_last_calls_again(setting):
    """The run has asked for something else in the meantime."""
    answers_twice(setting)


def answers_one_of_two_calls(setting):
    run = setting.poll(setting.start())
    setting.try_to_submit(run, outputs_of(run, **OUTPUTS)[:1])


def answers_call_by_call(setting):
    run = setting.poll(setting.start())
    for output in outputs_of(run, **OUTPUTS):
        setting.try_to_submit(run, [output])


def answers_all_at_once(setting):
    setting.answer(setting.start())


# --- lists ----------------------------------------------------------------------------------------------------------


def many_messages(setting):
    for _ in range(3):
        setting.say()


def takes_a_page_for_the_list(setting):
    many_messages(setting)
    setting.threads.messages.list(setting.thread.id, limit=2)


def takes_a_page_of_assistants_for_all(setting):
    for _ in range(20):
        setting.client.beta.assistants.create(model=MODEL)
    _ = [one.id for one in setting.client.beta.assistants.list().data]


def goes_from_page_to_page(setting):
    many_messages(setting)
    assert len(list(setting.threads.messages.list(setting.thread.id, limit=2))) == 4


def goes_backwards_from_page_to_page(setting):
    many_messages(setting)
    page = setting.threads.messages.list(setting.thread.id, limit=2, order="asc")
    setting.threads.messages.list(setting.thread.id, limit=2, order="asc", before=page.data[-1].id)


def asks_for_the_newest(setting):
    many_messages(setting)
    setting.threads.messages.list(setting.thread.id, limit=1)
    setting.threads.messages.list(setting.thread.id, limit=1, order="desc")


def asks_for_a_page_that_has_all(setting):
    many_messages(setting)
    setting.threads.messages.list(setting.thread.id)


# --- addresses ------------------------------------------------------------------------------------------------------


def has_no_v1_in_its_base_url(setting):
    misled = setting.client.with_options(base_url=setting.ns.url)
    for _ in range(2):
        with suppress(openai.NotFoundError):
            misled.beta.assistants.list()


def asks_another_api(setting):
    with suppress(openai.NotFoundError):
        setting.client.chat.completions.create(model=MODEL, messages=[])


def asks_for_what_is_not_there(setting):
    with suppress(openai.NotFoundError):
        setting.threads.retrieve("thread_none")


# --- the wire's day -------------------------------------------------------------------------------------------------


def reads_its_batch(setting):
    store, _, batch = setting.store("tides.txt")
    setting.client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id)


def takes_the_id_of_what_it_polled(setting):
    store, _, batch = setting.store("tides.txt")
    batches = setting.client.vector_stores.file_batches
    polled = batches.poll(batch.id, vector_store_id=store.id)
    with suppress(openai.APIStatusError):
        batches.list_files(polled.id, vector_store_id=store.id)


def polls_its_batch(setting):
    store, _, batch = setting.store("tides.txt")
    batches = setting.client.vector_stores.file_batches
    batches.poll(batch.id, vector_store_id=store.id)
    batches.list_files(batch.id, vector_store_id=store.id)
    setting.client.vector_stores.retrieve(store.id)


def wants_an_order_of_files(setting):
    store, _, batch = setting.store("tides.txt", "berths.md")
    setting.client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, order="asc")


def takes_the_files_as_they_come(setting):
    store, _, batch = setting.store("tides.txt", "berths.md")
    setting.client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id)


def deletes_the_file_first(setting):
    store, (file,), _ = setting.store("tides.txt")
    setting.client.vector_stores.files.retrieve(file.id, vector_store_id=store.id)
    setting.client.files.delete(file.id)
    with suppress(openai.NotFoundError):
        setting.client.vector_stores.files.delete(file.id, vector_store_id=store.id)


def removes_the_file_first(setting):
    store, (file,), _ = setting.store("tides.txt")
    setting.client.vector_stores.files.retrieve(file.id, vector_store_id=store.id)
    setting.client.vector_stores.files.delete(file.id, vector_store_id=store.id)
    setting.client.files.delete(file.id)
