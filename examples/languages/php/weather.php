<?php

// An ordinary program on the Assistants API: it does not know what answers it.

declare(strict_types=1);

final class Weather
{
    private const TOOL = ['type' => 'function', 'function' => ['name' => 'get_weather', 'parameters' => [
        'type' => 'object', 'properties' => ['city' => ['type' => 'string']], 'required' => ['city']]]];

    /** @param string $baseUrl such as https://api.openai.com/v1 */
    public function __construct(private string $baseUrl, private string $key)
    {
    }

    /** Ask the forecaster, which measures what it needs. Return how the run ended, with the newest text. */
    public function ask(string $question, callable $measure): array
    {
        $assistant = $this->send('POST', '/assistants', ['model' => 'gpt-4o', 'tools' => [self::TOOL]])['id'];
        $thread = $this->send('POST', '/threads', new stdClass())['id'];
        $this->send('POST', "/threads/$thread/messages", ['role' => 'user', 'content' => $question]);
        $run = $this->send('POST', "/threads/$thread/runs", ['assistant_id' => $assistant]);
        while (in_array($run['status'], ['queued', 'in_progress', 'requires_action'], true)) {
            $at = "/threads/$thread/runs/{$run['id']}";
            if ($run['status'] === 'requires_action') {
                $outputs = [];
                foreach ($run['required_action']['submit_tool_outputs']['tool_calls'] as $call) {
                    $city = json_decode($call['function']['arguments'], true)['city'];
                    $outputs[] = ['tool_call_id' => $call['id'], 'output' => json_encode($measure($city))];
                }
                try {
                    $this->send('POST', "$at/submit_tool_outputs", ['tool_outputs' => $outputs]);
                } catch (RuntimeException) {
                    // too late: the run says why
                }
            }
            usleep(20_000);
            $run = $this->send('GET', $at);
        }
        if ($run['status'] !== 'completed') {
            return [$run['status'], null];
        }
        $newest = $this->send('GET', "/threads/$thread/messages?limit=1")['data'][0];

        return [$run['status'], $newest['content'][0]['text']['value']];
    }

    private function send(string $method, string $path, array|stdClass|null $body = null): array
    {
        $headers = ["Authorization: Bearer $this->key", 'OpenAI-Beta: assistants=v2', 'Content-Type: application/json'];
        $http = ['method' => $method, 'header' => $headers, 'ignore_errors' => true];
        if ($body !== null) {
            $http['content'] = json_encode($body);
        }
        $answer = file_get_contents($this->baseUrl . $path, false, stream_context_create(['http' => $http]));
        if ((int) explode(' ', $http_response_header[0])[1] >= 400) {
            throw new RuntimeException("$method $path: $answer");
        }

        return json_decode($answer, true);
    }
}
