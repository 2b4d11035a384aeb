<?php

// Run by: assistants-emulator exec --script ../weather.yaml -- php weather_test.php

declare(strict_types=1);

require __DIR__ . '/weather.php';

/** Return a program whose data, clock and faults no other test sees. */
function weather(string $namespace): Weather
{
    return new Weather(getenv('EMULATOR_URL') . "/ns/$namespace/v1", getenv('OPENAI_API_KEY'));
}

/** Send a request to the control API of a namespace. */
function control(string $namespace, string $path, array $body): void
{
    $token = getenv('EMULATOR_CONTROL_TOKEN');
    $http = ['method' => 'POST', 'content' => json_encode($body), 'header' => ['Content-Type: application/json']];
    if ($token) {
        $http['header'][] = "Authorization: Bearer $token";
    }
    $url = getenv('EMULATOR_CONTROL_URL') . "/ns/$namespace$path";
    if (file_get_contents($url, false, stream_context_create(['http' => $http])) === false) {
        throw new RuntimeException("POST $url");
    }
}

function check(string $what, array $expected, array $answer): void
{
    if ($answer !== $expected) {
        fwrite(STDERR, "$what: " . json_encode($answer) . "\n");
        exit(1);
    }
    echo "ok: $what\n";
}

$answer = weather('php-forecast')->ask('What is the weather in Oslo?', fn ($city) => ['celsius' => strlen($city)]);
check('a forecast is made of what the program measures', ['completed', 'Oslo has 4 degrees.'], $answer);

$answer = weather('php-late')->ask('What is the weather in Lima?', function () {
    control('php-late', '/clock/advance', ['by' => '11m']);

    return 20;
});
check('a run whose outputs come too late has expired', ['expired', null], $answer);
