"""Small programs that meet something that goes wrong: for each finding of a verdict one that earns it, and a sound one.

A program gets a client that repeats nothing by itself, and the namespace, on whose frozen clock it waits.
"""

import openai

from contract_tests.harness import MODEL, WEATHER, outputs_of

HELLO = [{"role": "user", "content": "How is the harbour today?"}]
UNFINISHED = ("queued", "in_progress", "cancelling")


class Setting:
    """What a program works with: an assistant, a thread, and the shortest ways to use them."""

    def __init__(self, ns, client):
        self.ns = ns
        self.client = client.with_options(max_retries=0)
        self.threads = self.client.beta.threads
        self.runs = self.threads.runs
        self.assistant = self.client.beta.assistants.create(model=MODEL, tools=[WEATHER])
        self.thread = self.threads.create(messages=HELLO)

    def start(self, **more):
        return self.runs.create(self.thread.id, assistant_id=self.assistant.id, **more)

    def read(self, run):
        return self.runs.retrieve(run.id, thread_id=self.thread.id)

    def finish(self, run):
        """Poll a run until it is over, and answer what it asks."""
        while (run := self.read(run)).status in (*UNFINISHED, "requires_action"):
            if run.status == "requires_action":
                outputs = outputs_of(run, look_outside="fair")
                self.runs.submit_tool_outputs(run.id, thread_id=self.thread.id, tool_outputs=outputs)
        return run

    def say(self, text="And tomorrow?"):
        return self.threads.messages.create(self.thread.id, role="user", content=text)

    def messages(self):
        return [message.content[0].text.value for message in self.threads.messages.list(self.thread.id)]

    def wait(self, seconds):
        """Wait on the clock of the namespace, as a program does whose sleep a test has replaced."""
        self.ns.advance(f"{seconds}s")


def attempts(setting, call, pauses):
    """Call until it succeeds, with these pauses in between."""
    for pause in (*pauses, None):
        try:
            return call()
        except openai.APIError:
            if pause is None:
                return None
            setting.wait(pause)
    return None


# --- attempts -------------------------------------------------------------------------------------------------------


def comes_back_before_its_time(setting):
    attempts(setting, setting.start, [1])


def comes_back_when_it_may(setting):
    try:
        setting.start()
    except openai.RateLimitError as error:
        setting.wait(float(error.response.headers["retry-after"]))
        setting.start()


def repeats_what_was_refused(setting):
    setting.start()
    attempts(setting, setting.say, [5])


def waits_until_the_run_is_over(setting):
    run = setting.start()
    try:
        setting.say()
    except openai.BadRequestError:
        setting.finish(run)
        setting.say()


def never_stops(setting):
    attempts(setting, setting.start, [2**number for number in range(10)])


def stops_after_some(setting):
    attempts(setting, setting.start, [1, 2, 4])


def tries_once(setting):
    attempts(setting, setting.start, [])


def tries_at_one_pace(setting):
    attempts(setting, setting.start, [10, 10])


# --- lost answers ---------------------------------------------------------------------------------------------------


def asks_again(setting):
    attempts(setting, setting.say, [1])


def looks_first(setting):
    try:
        setting.say()
    except openai.APIConnectionError:
        if "And tomorrow?" not in setting.messages():
            setting.say()


def starts_again(setting):
    attempts(setting, setting.start, [1])


def looks_for_the_run(setting):
    try:
        run = setting.start()
    except openai.APIError:
        run = next(iter(setting.runs.list(setting.thread.id)), None) or setting.start()
    setting.finish(run)


# --- streams --------------------------------------------------------------------------------------------------------


def believes_the_stream(setting):
    """Takes what came for all there is, and reads the messages where it breaks off."""
    try:
        for _ in setting.start(stream=True):
            pass
    except openai.APIError:
        setting.messages()


def leaves_it_at_an_error(setting):
    attempts(setting, lambda: list(setting.start(stream=True)), [])


def reads_the_run_behind_a_stream(setting):
    run = None
    try:
        for event in setting.start(stream=True):
            run = event.data if event.event.startswith("thread.run.") and "step" not in event.event else run
    except (openai.APIError, ValueError):
        pass
    run = run or next(iter(setting.runs.list(setting.thread.id)))
    if setting.finish(run).status == "completed":
        setting.messages()


def has_a_read_time_out(setting):
    impatient = Setting.__new__(Setting)
    impatient.__dict__ |= setting.__dict__
    impatient.runs = setting.client.with_options(timeout=0.5).beta.threads.runs
    reads_the_run_behind_a_stream(impatient)


# --- runs -----------------------------------------------------------------------------------------------------------


def reads_the_answer_unseen(setting):
    setting.start()
    setting.messages()


def reads_the_answer_of_a_completed_run(setting):
    if setting.finish(setting.start()).status == "completed":
        setting.messages()


def leaves_its_run(setting):
    setting.read(setting.start())


def cancels_its_run(setting):
    run = setting.read(setting.start())
    setting.runs.cancel(run.id, thread_id=setting.thread.id)


def polls_without_a_pause(setting):
    run = setting.start()
    for _ in range(80):
        setting.read(run)
    setting.finish(run)


def polls_as_its_helper_does(setting):
    setting.finish(setting.runs.create_and_poll(thread_id=setting.thread.id, assistant_id=setting.assistant.id))
