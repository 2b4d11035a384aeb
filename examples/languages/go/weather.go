// Package weather is an ordinary program on the Assistants API: it does not know what answers it.
package weather

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// A Client sends requests below a base URL such as https://api.openai.com/v1.
type Client struct{ BaseURL, Key string }

type object map[string]any

type run struct {
	ID, Status     string
	RequiredAction struct {
		SubmitToolOutputs struct {
			ToolCalls []struct {
				ID       string
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		} `json:"submit_tool_outputs"`
	} `json:"required_action"`
}

// Ask asks the forecaster, which measures what it needs, and returns how the run ended, with the newest text.
func (c Client) Ask(question string, measure func(city string) (any, error)) (status, text string, err error) {
	tool := object{"type": "function", "function": object{"name": "get_weather", "parameters": object{
		"type": "object", "properties": object{"city": object{"type": "string"}}, "required": []string{"city"}}}}
	var assistant, thread struct{ ID string }
	if err = c.send("POST", "/assistants", object{"model": "gpt-4o", "tools": []any{tool}}, &assistant); err != nil {
		return
	}
	if err = c.send("POST", "/threads", object{}, &thread); err != nil {
		return
	}
	message := object{"role": "user", "content": question}
	if err = c.send("POST", "/threads/"+thread.ID+"/messages", message, nil); err != nil {
		return
	}
	runs := "/threads/" + thread.ID + "/runs"
	var r run
	if err = c.send("POST", runs, object{"assistant_id": assistant.ID}, &r); err != nil {
		return
	}
	for r.Status == "queued" || r.Status == "in_progress" || r.Status == "requires_action" {
		if r.Status == "requires_action" {
			outputs := []object{}
			for _, call := range r.RequiredAction.SubmitToolOutputs.ToolCalls {
				var arguments struct{ City string }
				if err = json.Unmarshal([]byte(call.Function.Arguments), &arguments); err != nil {
					return
				}
				measured, failed := measure(arguments.City)
				if failed != nil {
					return "", "", failed
				}
				output, _ := json.Marshal(measured)
				outputs = append(outputs, object{"tool_call_id": call.ID, "output": string(output)})
			}
			// Where they come too late, the run says why.
			_ = c.send("POST", runs+"/"+r.ID+"/submit_tool_outputs", object{"tool_outputs": outputs}, nil)
		}
		time.Sleep(20 * time.Millisecond)
		id := r.ID
		r = run{}
		if err = c.send("GET", runs+"/"+id, nil, &r); err != nil {
			return
		}
	}
	if r.Status != "completed" {
		return r.Status, "", nil
	}
	var newest struct {
		Data []struct{ Content []struct{ Text struct{ Value string } } }
	}
	err = c.send("GET", "/threads/"+thread.ID+"/messages?limit=1", nil, &newest)
	if err != nil || len(newest.Data) == 0 {
		return r.Status, "", err
	}
	return r.Status, newest.Data[0].Content[0].Text.Value, nil
}

func (c Client) send(method, path string, body, answer any) error {
	var sent io.Reader = strings.NewReader("")
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, c.BaseURL+path, sent)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.Key)
	request.Header.Set("OpenAI-Beta", "assistants=v2")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	received, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 400 {
		return fmt.Errorf("%s %s: %s", method, path, received)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(received, answer)
}
