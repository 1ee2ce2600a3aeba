// Publishes a sale over HTTP with the standard library alone: go run publish.go ORDER
//
// COLLECTOR_URL and COLLECTOR_KEY say where the collector is and who publishes.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

type purchase struct {
	Type       string    `json:"type"`
	EventID    string    `json:"event_id"`
	OccurredAt time.Time `json:"occurred_at"`
	Source     string    `json:"source"`
	CustomerID string    `json:"customer_id"`
	PurchaseID string    `json:"purchase_id"`
	Kind       string    `json:"kind"`
	Amount     int64     `json:"amount"` // minor units: 5900 is $59.00
	Currency   string    `json:"currency"`
}

func main() {
	order := "order-1001"
	if len(os.Args) > 1 {
		order = os.Args[1]
	}
	err := publish(purchase{
		Type: "purchase.completed",
		// The same id again is the same event, so a request may be sent again after any failure.
		EventID:    "shop:" + order + ":completed",
		OccurredAt: time.Now().UTC(),
		Source:     "go",
		CustomerID: "customer-7",
		PurchaseID: order,
		Kind:       "product",
		Amount:     5900,
		Currency:   "USD",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// publish sends an event; the same one again while the collector or Kafka is away.
func publish(event purchase) error {
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 30 * time.Second}
	for attempt := 0; ; attempt++ {
		request, err := http.NewRequest(http.MethodPost, setting("COLLECTOR_URL", "http://127.0.0.1:8080")+"/v1/events", bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+setting("COLLECTOR_KEY", "dev-key"))
		request.Header.Set("Content-Type", "application/json")
		pause := time.Second << attempt
		response, err := client.Do(request)
		if err == nil {
			answer, _ := io.ReadAll(response.Body)
			response.Body.Close()
			switch response.StatusCode {
			case http.StatusAccepted:
				return nil
			case http.StatusTooManyRequests, http.StatusServiceUnavailable:
				err = fmt.Errorf("the collector answers %s", response.Status)
				if seconds, wrong := strconv.Atoi(response.Header.Get("Retry-After")); wrong == nil {
					pause = time.Duration(seconds) * time.Second
				}
			default:
				// The answer names the field and the fix.
				return fmt.Errorf("%s: %s", response.Status, answer)
			}
		}
		if attempt == 5 {
			return err
		}
		time.Sleep(pause)
	}
}

func setting(name, otherwise string) string {
	if value, isSet := os.LookupEnv(name); isSet {
		return value
	}
	return otherwise
}
