# An ordinary program on the Assistants API: it does not know what answers it.

require "json"
require "net/http"

class Weather
  TOOL = {type: "function", function: {name: "get_weather", parameters: {
    type: "object", properties: {city: {type: "string"}}, required: ["city"]}}}.freeze

  # base_url: such as https://api.openai.com/v1
  def initialize(base_url, key)
    @base_url, @key = base_url, key
  end

  # Ask the forecaster; the block measures what it needs. Return how the run ended, with the newest text.
  def ask(question)
    assistant = send_json("Post", "/assistants", {model: "gpt-4o", tools: [TOOL]})["id"]
    thread = send_json("Post", "/threads", {})["id"]
    send_json("Post", "/threads/#{thread}/messages", {role: "user", content: question})
    run = send_json("Post", "/threads/#{thread}/runs", {assistant_id: assistant})
    while %w[queued in_progress requires_action].include?(run["status"])
      at = "/threads/#{thread}/runs/#{run["id"]}"
      if run["status"] == "requires_action"
        outputs = run["required_action"]["submit_tool_outputs"]["tool_calls"].map do |call|
          city = JSON.parse(call["function"]["arguments"])["city"]
          {tool_call_id: call["id"], output: JSON.generate(yield(city))}
        end
        begin
          send_json("Post", "#{at}/submit_tool_outputs", {tool_outputs: outputs})
        rescue RuntimeError
          nil # too late: the run says why
        end
      end
      sleep 0.02
      run = send_json("Get", at)
    end
    return [run["status"], nil] unless run["status"] == "completed"

    newest = send_json("Get", "/threads/#{thread}/messages?limit=1")["data"].first
    [run["status"], newest["content"].first["text"]["value"]]
  end

  private

  def send_json(method, path, body = nil)
    url = URI(@base_url + path)
    request = Net::HTTP.const_get(method).new(url, {
      "Authorization" => "Bearer #{@key}", "OpenAI-Beta" => "assistants=v2", "Content-Type" => "application/json"})
    request.body = JSON.generate(body) if body
    answer = Net::HTTP.start(url.host, url.port, use_ssl: url.scheme == "https") { |http| http.request(request) }
    raise "#{method} #{path}: #{answer.body}" if answer.code.to_i >= 400

    JSON.parse(answer.body)
  end
end
