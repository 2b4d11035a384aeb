// An ordinary program on the Assistants API: it does not know what answers it.

const ASSISTANT = "asst_forecaster";

/** Ask the forecaster, answer its questions about the weather, and return how the run ended, with the newest text. */
export async function ask(client, question, measure) {
  const { runs, messages } = client.beta.threads;
  const thread = await client.beta.threads.create({ messages: [{ role: "user", content: question }] });
  let run = await runs.createAndPoll(thread.id, { assistant_id: ASSISTANT });
  while (run.status === "requires_action") {
    const outputs = [];
    for (const call of run.required_action.submit_tool_outputs.tool_calls) {
      const { city } = JSON.parse(call.function.arguments);
      outputs.push({ tool_call_id: call.id, output: JSON.stringify(await measure(city)) });
    }
    try {
      run = await runs.submitToolOutputsAndPoll(run.id, { thread_id: thread.id, tool_outputs: outputs });
    } catch {
      run = await runs.retrieve(run.id, { thread_id: thread.id }); // too late: it says why
    }
  }
  if (run.status !== "completed") return { status: run.status, text: null };
  const [newest] = (await messages.list(thread.id, { limit: 1 })).data;
  return { status: run.status, text: newest.content[0].text.value };
}

/** Have a story told, piece by piece. */
export async function tell(client, onText) {
  const thread = await client.beta.threads.create({ messages: [{ role: "user", content: "Tell me a story." }] });
  const stream = client.beta.threads.runs.stream(thread.id, { assistant_id: ASSISTANT });
  stream.on("textDelta", (delta) => onText(delta.value));
  const run = await stream.finalRun();
  return run.status;
}
