// An ordinary program on the Assistants API: it does not know what answers it.

using System;
using System.Linq;
using System.Net.Http;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Threading.Tasks;
using System.Xml;
using System.Xml.Linq;

/// <summary>How a run ended, and the newest text; null where there is none.</summary>
public sealed class Answer
{
    public string Status;
    public string Text;
}

public sealed class Weather
{
    private const string Tool = @"{""type"": ""function"", ""function"": {""name"": ""get_weather"", ""parameters"":
        {""type"": ""object"", ""properties"": {""city"": {""type"": ""string""}}, ""required"": [""city""]}}}";
    private static readonly string[] Unfinished = { "queued", "in_progress", "requires_action" };
    private readonly HttpClient http = new HttpClient();
    private readonly string baseUrl;

    /// <param name="baseUrl">such as https://api.openai.com/v1</param>
    public Weather(string baseUrl, string key)
    {
        this.baseUrl = baseUrl;
        http.DefaultRequestHeaders.Add("Authorization", "Bearer " + key);
        http.DefaultRequestHeaders.Add("OpenAI-Beta", "assistants=v2");
    }

    /// <summary>Ask the forecaster, which measures what it needs: the weather of a city, as JSON.</summary>
    public async Task<Answer> Ask(string question, Func<string, Task<string>> measure)
    {
        var assistant = Id(await Send("POST", "/assistants", "{\"model\": \"gpt-4o\", \"tools\": [" + Tool + "]}"));
        var thread = Id(await Send("POST", "/threads", "{}"));
        var message = "{\"role\": \"user\", \"content\": " + Quoted(question) + "}";
        await Send("POST", "/threads/" + thread + "/messages", message);
        var run = await Send("POST", "/threads/" + thread + "/runs", "{\"assistant_id\": " + Quoted(assistant) + "}");
        while (Unfinished.Contains(run.Element("status").Value))
        {
            var at = "/threads/" + thread + "/runs/" + Id(run);
            if (run.Element("status").Value == "requires_action")
            {
                var calls = run.Element("required_action").Element("submit_tool_outputs").Element("tool_calls");
                var outputs = await Task.WhenAll(calls.Elements().Select(async call =>
                {
                    var city = Read(call.Element("function").Element("arguments").Value).Element("city").Value;
                    var output = Quoted(await measure(city));
                    return "{\"tool_call_id\": " + Quoted(Id(call)) + ", \"output\": " + output + "}";
                }));
                try
                {
                    var body = "{\"tool_outputs\": [" + string.Join(",", outputs) + "]}";
                    await Send("POST", at + "/submit_tool_outputs", body);
                }
                catch (HttpRequestException)
                {
                    // too late: the run says why
                }
            }
            await Task.Delay(20);
            run = await Send("GET", at);
        }
        var status = run.Element("status").Value;
        if (status != "completed") return new Answer { Status = status };
        var list = await Send("GET", "/threads/" + thread + "/messages?limit=1");
        var text = list.Element("data").Elements().First().Element("content").Elements().First().Element("text");
        return new Answer { Status = status, Text = text.Element("value").Value };
    }

    private async Task<XElement> Send(string method, string path, string body = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), baseUrl + path);
        if (body != null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var answer = await http.SendAsync(request);
        var received = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode) throw new HttpRequestException(method + " " + path + ": " + received);
        return Read(received);
    }

    // JSON as a tree of elements, which every .NET and Mono can read; with .NET alone, System.Text.Json does it.
    private static XElement Read(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        return XElement.Load(JsonReaderWriterFactory.CreateJsonReader(bytes, XmlDictionaryReaderQuotas.Max));
    }

    private static string Id(XElement element)
    {
        return element.Element("id").Value;
    }

    private static string Quoted(string text)
    {
        return "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n") + "\"";
    }
}
