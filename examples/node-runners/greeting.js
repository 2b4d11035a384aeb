// An ordinary program on the Assistants API: it does not know what answers it.

/** Have the assistant greet somebody; the client decides who answers. */
export async function greet(client, name) {
  const assistant = await client.beta.assistants.create({ model: "gpt-4o", instructions: "Greet people." });
  const messages = [{ role: "user", content: `Good morning, I am ${name}` }];
  const run = await client.beta.threads.createAndRunPoll({ assistant_id: assistant.id, thread: { messages } });
  const newest = await client.beta.threads.messages.list(run.thread_id, { limit: 1 });
  return newest.data[0].content[0].text.value;
}
