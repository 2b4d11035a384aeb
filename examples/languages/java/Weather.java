// An ordinary program on the Assistants API: it does not know what answers it.

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The forecaster. baseUrl: such as https://api.openai.com/v1 */
public record Weather(String baseUrl, String key) {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Set<String> UNFINISHED = Set.of("queued", "in_progress", "requires_action");
    private static final String TOOL = """
        {"type": "function", "function": {"name": "get_weather", "parameters":
         {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}""";
    private static final Pattern CALL = Pattern.compile(
        "\"id\":\\s*\"(call_\\w+)\".*?\"arguments\":\\s*\"((?:[^\"\\\\]|\\\\.)*)\"", Pattern.DOTALL);

    private static final Pattern ESCAPED = Pattern.compile("\\\\(.)");

    /** How a run ended, and the newest text; null where there is none. */
    public record Answer(String status, String text) {}

    /** Ask the forecaster, which measures what it needs: the weather of a city, as JSON. */
    public Answer ask(String question, Function<String, String> measure) throws IOException, InterruptedException {
        String assistant = field(send("POST", "/assistants", "{\"model\": \"gpt-4o\", \"tools\": [" + TOOL + "]}"), "id");
        String thread = field(send("POST", "/threads", "{}"), "id");
        send("POST", "/threads/" + thread + "/messages", "{\"role\": \"user\", \"content\": " + quoted(question) + "}");
        String run = send("POST", "/threads/" + thread + "/runs", "{\"assistant_id\": " + quoted(assistant) + "}");
        while (UNFINISHED.contains(field(run, "status"))) {
            String at = "/threads/" + thread + "/runs/" + field(run, "id");
            if (field(run, "status").equals("requires_action")) {
                List<String> outputs = new ArrayList<>();
                for (MatchResult call : CALL.matcher(run).results().toList()) {
                    String city = field(unescaped(call.group(2)), "city");
                    String output = quoted(measure.apply(city));
                    outputs.add("{\"tool_call_id\": " + quoted(call.group(1)) + ", \"output\": " + output + "}");
                }
                try {
                    send("POST", at + "/submit_tool_outputs", "{\"tool_outputs\": [" + String.join(",", outputs) + "]}");
                } catch (RefusedException refused) {
                    // too late: the run says why
                }
            }
            Thread.sleep(20);
            run = send("GET", at, "");
        }
        String status = field(run, "status");
        String newest = status.equals("completed") ? send("GET", "/threads/" + thread + "/messages?limit=1", "") : null;
        return new Answer(status, newest == null ? null : field(newest, "value"));
    }

    private String send(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl + path))
            .header("Authorization", "Bearer " + key)
            .header("OpenAI-Beta", "assistants=v2")
            .header("Content-Type", "application/json")
            .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
        var answer = HTTP.send(request, BodyHandlers.ofString());
        if (answer.statusCode() >= 400) throw new RefusedException(method + " " + path + ": " + answer.body());
        return answer.body();
    }

    // The JDK reads no JSON. For a few fields these do; a larger program has a library for it, such as Jackson.

    private static String field(String json, String name) {
        var found = Pattern.compile("\"" + name + "\":\\s*\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
        if (!found.find()) throw new IllegalArgumentException("no " + name + " in " + json);
        return unescaped(found.group(1));
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    private static String unescaped(String text) {
        return ESCAPED.matcher(text).replaceAll(one ->
            Matcher.quoteReplacement(one.group(1).equals("n") ? "\n" : one.group(1)));
    }

    /** The API has refused a request. */
    static final class RefusedException extends IOException {
        RefusedException(String message) {
            super(message);
        }
    }
}
