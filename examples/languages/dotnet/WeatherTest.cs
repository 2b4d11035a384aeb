// Run by: assistants-emulator exec --script ../weather.yaml -- mono WeatherTest.exe

using System;
using System.Net.Http;
using System.Text;
using System.Threading.Tasks;

public static class WeatherTest
{
    /// <summary>Return a program whose data, clock and faults no other test sees.</summary>
    private static Weather Namespace(string name)
    {
        var url = Environment.GetEnvironmentVariable("EMULATOR_URL") + "/ns/" + name + "/v1";
        return new Weather(url, Environment.GetEnvironmentVariable("OPENAI_API_KEY"));
    }

    /// <summary>Send a request to the control API of a namespace.</summary>
    private static async Task Control(string name, string path, string body)
    {
        var url = Environment.GetEnvironmentVariable("EMULATOR_CONTROL_URL") + "/ns/" + name + path;
        var token = Environment.GetEnvironmentVariable("EMULATOR_CONTROL_TOKEN");
        var http = new HttpClient();
        if (token != null) http.DefaultRequestHeaders.Add("Authorization", "Bearer " + token);
        var answer = await http.PostAsync(url, new StringContent(body, Encoding.UTF8, "application/json"));
        answer.EnsureSuccessStatusCode();
    }

    private static void Check(string what, string expected, Answer answer)
    {
        var found = answer.Status + " " + answer.Text;
        if (found != expected) throw new Exception(what + ": " + found);
        Console.WriteLine("ok: " + what);
    }

    private static async Task Run()
    {
        var forecast = await Namespace("dotnet-forecast").Ask("What is the weather in Oslo?",
            city => Task.FromResult("{\"celsius\": " + city.Length + "}"));
        Check("a forecast is made of what the program measures", "completed Oslo has 4 degrees.", forecast);

        var late = await Namespace("dotnet-late").Ask("What is the weather in Lima?", async city =>
        {
            await Control("dotnet-late", "/clock/advance", "{\"by\": \"11m\"}");
            return "20";
        });
        Check("a run whose outputs come too late has expired", "expired ", late);
    }

    public static void Main()
    {
        Run().GetAwaiter().GetResult();
    }
}
