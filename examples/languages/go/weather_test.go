// Run by: assistants-emulator exec --script ../weather.yaml -- go test -count=1 ./...
package weather

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// namespace returns a client whose data, clock and faults no other test sees.
func namespace(name string) Client {
	return Client{os.Getenv("EMULATOR_URL") + "/ns/" + name + "/v1", os.Getenv("OPENAI_API_KEY")}
}

// control sends a request to the control API of a namespace.
func control(method, name, path, body string) error {
	url := os.Getenv("EMULATOR_CONTROL_URL") + "/ns/" + name + path
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	if token := os.Getenv("EMULATOR_CONTROL_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 400 {
		return fmt.Errorf("%s %s: %s", method, url, answer.Status)
	}
	return nil
}

func TestAForecastIsMadeOfWhatTheProgramMeasures(t *testing.T) {
	t.Parallel()
	status, text, err := namespace("go-forecast").Ask("What is the weather in Oslo?", func(city string) (any, error) {
		return map[string]int{"celsius": len(city)}, nil
	})
	if err != nil || status != "completed" || text != "Oslo has 4 degrees." {
		t.Fatal(status, text, err)
	}
}

func TestARunWhoseOutputsComeTooLateHasExpired(t *testing.T) {
	t.Parallel()
	status, _, err := namespace("go-late").Ask("What is the weather in Lima?", func(string) (any, error) {
		return 20, control("POST", "go-late", "/clock/advance", `{"by": "11m"}`)
	})
	if err != nil || status != "expired" {
		t.Fatal(status, err)
	}
}
