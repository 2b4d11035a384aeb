"""A librarian on Assistants, and its port to Responses, in which bugs can be planted."""

SCENARIO = """emulator: 1
name: library
turns:
  - name: hello
    when: {message: {contains: hello}}
    steps: [{say: "Hello, how can I help?"}]
  - name: books
    when: {message: {contains: books}}
    steps: [{say: There are two.}]
"""
MODEL = "gpt-4o"
INSTRUCTIONS = "Be a librarian."
QUESTIONS = ("hello", "Which books are new?")


def program(client, questions=QUESTIONS, metadata=None):
    """Ask the questions in a thread."""
    assistant = client.beta.assistants.create(model=MODEL, instructions=INSTRUCTIONS, temperature=0.2)
    thread = client.beta.threads.create(metadata=metadata)
    for text in questions:
        client.beta.threads.messages.create(thread.id, role="user", content=text)
        client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    return thread.id


def port(client, questions=QUESTIONS, *, temperature=0.2, forgets=False, metadata=None):
    """Ask the questions in a chain. forgets: to send the instructions again, as if the chain kept them."""
    last = first = None
    for text in questions:
        instructions = None if forgets and last else INSTRUCTIONS
        last = client.responses.create(
            model=MODEL,
            instructions=instructions,
            temperature=temperature,
            input=text,
            previous_response_id=last and last.id,
            metadata=metadata,
        )
        first = first or last
    return first.id
