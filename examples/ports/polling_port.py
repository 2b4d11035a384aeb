"""The port of polling.py: responses in the background, polled until they end."""

import time

from openai import OpenAI

client = OpenAI()
conversation = client.conversations.create()
for question in ("Are you open on Sunday?", "Do you make a wedding cake for two hundred?"):
    print(f"\n> {question}")
    response = client.responses.create(
        model="gpt-4o",
        instructions="You answer for the bakery.",
        conversation=conversation.id,
        input=question,
        background=True,
    )
    statuses = [response.status]
    while response.status in ("queued", "in_progress"):
        time.sleep(0.05)
        response = client.responses.retrieve(response.id)
        if response.status != statuses[-1]:
            statuses.append(response.status)
    print("  " + " → ".join(map(str, statuses)))
    if response.error:
        print(f"  {response.error.code}: {response.error.message}")
    elif response.usage:
        print(f"  {response.output_text}")
        print(f"  ({response.usage.input_tokens} tokens read, {response.usage.output_tokens} written)")
