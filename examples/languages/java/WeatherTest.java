// Run by: javac -d classes *.java && assistants-emulator exec --script ../weather.yaml -- java -cp classes WeatherTest

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

public class WeatherTest {
    /** Return a program whose data, clock and faults no other test sees. */
    static Weather namespace(String name) {
        return new Weather(System.getenv("EMULATOR_URL") + "/ns/" + name + "/v1", System.getenv("OPENAI_API_KEY"));
    }

    /** Send a request to the control API of a namespace. */
    static void control(String name, String path, String body) {
        URI url = URI.create(System.getenv("EMULATOR_CONTROL_URL") + "/ns/" + name + path);
        var request = HttpRequest.newBuilder(url).POST(BodyPublishers.ofString(body));
        String token = System.getenv("EMULATOR_CONTROL_TOKEN");
        if (token != null) request.header("Authorization", "Bearer " + token);
        try {
            var answer = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
            if (answer.statusCode() >= 400) throw new IllegalStateException(answer.body());
        } catch (IOException | InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    static void check(String what, Weather.Answer expected, Weather.Answer answer) {
        if (!answer.equals(expected)) throw new AssertionError(what + ": " + answer);
        System.out.println("ok: " + what);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        var forecast = namespace("java-forecast")
            .ask("What is the weather in Oslo?", city -> "{\"celsius\": " + city.length() + "}");
        check("a forecast is made of what the program measures",
            new Weather.Answer("completed", "Oslo has 4 degrees."), forecast);

        var late = namespace("java-late").ask("What is the weather in Lima?", city -> {
            control("java-late", "/clock/advance", "{\"by\": \"11m\"}");
            return "20";
        });
        check("a run whose outputs come too late has expired", new Weather.Answer("expired", null), late);
    }
}
