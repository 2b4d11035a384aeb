"""Dialogues over responses: what scripts remember, where turns go on, and what becomes of branches and of retries."""

import pytest

from contract_tests.harness import MODEL

SCRIPT = {
    "emulator": 1,
    "states": ["new", "known"],
    "turns": [
        {
            "name": "hello",
            "when": {"state": "new"},
            "steps": [{"set": {"count": 1}}, {"say": "Who are you?"}],
            "goto": "known",
        },
        {
            "name": "order",
            "when": {"state": "known", "message": {"contains": "order"}},
            "steps": [
                {"set": {"count": "{{ vars.count + 1 }}"}},
                {"say": "One moment."},
                {"call": "book", "args": {"number": "{{ vars.count }}"}},
                {"set": {"booked": "{{ outputs.book }}"}},
                {"say": "Order {{ vars.count }}: {{ outputs.book }}."},
            ],
        },
        {
            "name": "what",
            "when": {"state": "known"},
            "steps": [{"say": "{{ vars.count }} so far, the last {{ vars.booked | default('none') }}."}],
        },
    ],
}
BOOK = {"type": "function", "name": "book", "parameters": {"type": "object", "properties": {}}, "strict": False}


class Dialogue:
    """One dialogue in some style, which answers each call of `book` with what it is told to."""

    def __init__(self, client):
        self.client = client

    def ask(self, text, *booked):
        """Return the texts of a turn. booked: the outputs of its calls."""
        outputs = list(booked)
        response = self.send([{"role": "user", "content": text}])
        texts = _texts(response)
        while calls := [item for item in response.output if item.type == "function_call"]:
            answers = [
                {"type": "function_call_output", "call_id": call.call_id, "output": outputs.pop(0)} for call in calls
            ]
            response = self.send(answers)
            texts += _texts(response)
        return texts

    def create(self, **more):
        return self.client.responses.create(model=MODEL, tools=[BOOK], **more)


def _texts(response):
    return [item.content[0].text for item in response.output if item.type == "message"]


class Chain(Dialogue):
    last = None

    def send(self, items):
        response = self.create(input=items, previous_response_id=self.last)
        self.last = response.id
        return response


class Conversation(Dialogue):
    id = None

    def send(self, items):
        self.id = self.id or self.client.conversations.create().id
        return self.create(input=items, conversation=self.id)


class Stateless(Dialogue):
    """The items of the output go back as they came."""

    def __init__(self, client):
        super().__init__(client)
        self.items = []

    def send(self, items):
        self.items += items
        response = self.create(input=self.items, store=False)
        self.items += [item.to_dict() for item in response.output]
        return response


class Bare(Stateless):
    """The program keeps what it needs of the output, without ids."""

    def send(self, items):
        self.items += items
        response = self.create(input=self.items, store=False)
        for item in response.output:
            if item.type == "message":
                self.items.append({"role": "assistant", "content": item.content[0].text})
            else:
                kept = {"type": item.type, "call_id": item.call_id, "name": item.name, "arguments": item.arguments}
                self.items.append(kept)
        return response


STYLES = [Chain, Conversation, Stateless, Bare]


@pytest.fixture
def talk(client, ns):
    ns.load(SCRIPT)
    return client


@pytest.mark.parametrize("style", STYLES)
def test_states_and_variables_are_remembered_in_every_style(talk, style):
    dialogue = style(talk)
    assert dialogue.ask("Hi") == ["Who are you?"]
    assert dialogue.ask("An order, please", "blue") == ["One moment.", "Order 2: blue."]
    assert dialogue.ask("How many?") == ["2 so far, the last blue."]
    assert dialogue.ask("Another order", "red") == ["One moment.", "Order 3: red."]
    assert dialogue.ask("How many?") == ["3 so far, the last red."]


@pytest.mark.parametrize("style", STYLES)
def test_dialogues_do_not_know_of_each_other(talk, style):
    one, other = style(talk), style(talk)
    assert one.ask("Hi") == ["Who are you?"]
    assert one.ask("An order, please", "blue")[-1] == "Order 2: blue."
    assert other.ask("Hello") == ["Who are you?"]
    assert other.ask("How many?") == ["1 so far, the last none."]
    assert one.ask("How many?") == ["2 so far, the last blue."]


@pytest.mark.parametrize("style", STYLES)
def test_a_turn_of_several_responses_is_played_once(talk, ns, style):
    dialogue = style(talk)
    dialogue.ask("Hi")
    dialogue.ask("An order, please", "blue")
    turns = {turn["name"]: turn["used"] for turn in ns.control("GET", "/scripts")["turns"]}
    assert turns == {"hello": 1, "order": 1, "what": 0}


def test_a_branch_remembers_what_was_known_where_it_leaves(talk):
    trunk = Chain(talk)
    trunk.ask("Hi")
    begin = trunk.last
    trunk.ask("An order, please", "blue")
    trunk.ask("Another order", "red")
    branch = Chain(talk)
    branch.last = begin
    assert branch.ask("How many?") == ["1 so far, the last none."]
    assert branch.ask("An order", "green")[-1] == "Order 2: green."
    assert trunk.ask("How many?") == ["3 so far, the last red."]
    assert branch.ask("How many?") == ["2 so far, the last green."]


def test_a_request_that_is_sent_again_begins_the_turn_again(talk):
    chain = Chain(talk)
    chain.ask("Hi")
    begin = chain.last
    chain.ask("An order, please", "blue")
    chain.last = begin
    assert chain.ask("An order, please", "red") == ["One moment.", "Order 2: red."]


def test_outputs_that_are_sent_again_are_answered_again(talk):
    chain = Chain(talk)
    chain.ask("Hi")
    called = chain.send([{"role": "user", "content": "An order"}])
    answer = {"type": "function_call_output", "call_id": called.output[-1].call_id, "output": "blue"}
    for _ in range(2):
        chain.last = called.id
        assert _texts(chain.send([answer])) == ["Order 2: blue."]


def test_a_branch_of_a_stateless_dialogue_is_one_too(talk):
    trunk = Stateless(talk)
    trunk.ask("Hi")
    branch = Stateless(talk)
    branch.items = list(trunk.items)
    trunk.ask("An order, please", "blue")
    assert branch.ask("How many?") == ["1 so far, the last none."]
    assert trunk.ask("How many?") == ["2 so far, the last blue."]


def test_a_response_out_of_a_conversation_makes_a_branch(talk):
    conversation = Conversation(talk)
    conversation.ask("Hi")
    made = conversation.send([{"role": "user", "content": "How many?"}])
    conversation.ask("An order, please", "blue")
    branch = Chain(talk)
    branch.last = made.id
    assert branch.ask("How many?") == ["1 so far, the last none."]
    assert conversation.ask("How many?") == ["2 so far, the last blue."]


def test_a_branch_out_of_a_conversation_leaves_what_that_remembers_as_it_is(talk):
    conversation = Conversation(talk)
    begin = conversation.send([{"role": "user", "content": "Hi"}])
    branch = Chain(talk)
    branch.last = begin.id
    assert branch.ask("An order, please", "green")[-1] == "Order 2: green."
    assert conversation.ask("How many?") == ["1 so far, the last none."]
    assert branch.ask("How many?") == ["2 so far, the last green."]


def test_a_history_that_the_program_has_changed_goes_on_as_the_program_has_it(talk, ns):
    dialogue = Stateless(talk)
    dialogue.ask("Hi")
    called = dialogue.send([{"role": "user", "content": "An order"}])
    said = next(item for item in dialogue.items if item.get("type") == "message" and item.get("id"))
    assert said["content"][0]["text"]
    dialogue.items[-2] = {"role": "assistant", "content": "Wait."}
    answer = {"type": "function_call_output", "call_id": called.output[-1].call_id, "output": "blue"}
    assert _texts(dialogue.send([answer])) == ["Order 2: blue."]
    (line,) = ns.control("GET", "/report")["drift"]
    assert (line["recorded"], line["got"]) == ("One moment.", "Wait.")


def test_calls_that_a_client_brings_along_begin_a_turn(talk):
    dialogue = Stateless(talk)
    dialogue.ask("Hi")
    dialogue.items += [
        {"role": "user", "content": "An order, please"},
        {"type": "function_call", "call_id": "call_mine", "name": "book", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_mine", "output": "grey"},
    ]
    response = dialogue.create(input=dialogue.items, store=False)
    assert _texts(response) == ["Order 2: grey."]


def test_scripts_may_remember_for_all_dialogues(talk, ns):
    script = {
        "emulator": 1,
        "scope": "namespace",
        "turns": [
            {
                "steps": [
                    {"set": {"count": "{{ vars.count | default(0) + 1 }}"}},
                    {"call": "book"},
                    {"say": "Number {{ vars.count }}."},
                ]
            }
        ],
    }
    ns.load(script)
    assert Chain(talk).ask("Hi", "a") == ["Number 1."]
    assert Stateless(talk).ask("Hi", "b") == ["Number 2."]
    assert Conversation(talk).ask("Hi", "c") == ["Number 3."]


RECORDED = {
    "emulator": 1,
    "turns": [
        {"name": "one", "chain": "refund", "when": {"message": "I want my money back."}, "steps": [{"say": "Why?"}]},
        {
            "name": "two",
            "chain": "refund",
            "when": {"message": "It was broken."},
            "steps": [{"call": "book"}, {"say": "Here you are."}],
        },
        {"name": "again", "chain": "second", "when": {"message": "I want my money back."}, "steps": [{"say": "Oh?"}]},
    ],
}


@pytest.mark.parametrize("style", STYLES)
def test_recorded_threads_are_played_in_every_style(client, ns, style):
    ns.load(RECORDED)
    one = style(client)
    assert one.ask("I want my money back.") == ["Why?"]
    other = style(client)
    assert other.ask("I want my money back.") == ["Oh?"]
    assert one.ask("It was broken.", "ok") == ["Here you are."]
    assert ns.report()["drift"] == []
