#!/bin/sh
# Publishes a sale with curl: sh publish.sh ORDER
# COLLECTOR_URL and COLLECTOR_KEY say where the collector is and who publishes.
set -eu
order=${1:-order-1001}

# --retry sends the same event_id again while the collector or Kafka is away, so that the sale counts once.
# --fail-with-body ends with an error when the event is refused; the answer names the field and the fix.
curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused \
  "${COLLECTOR_URL:-http://127.0.0.1:8080}/v1/events" \
  -H "Authorization: Bearer ${COLLECTOR_KEY:-dev-key}" \
  -H 'Content-Type: application/json' \
  -d "{
    \"type\": \"purchase.completed\",
    \"event_id\": \"shop:$order:completed\",
    \"occurred_at\": \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",
    \"source\": \"curl\",
    \"customer_id\": \"customer-7\",
    \"purchase_id\": \"$order\",
    \"kind\": \"product\",
    \"amount\": 5900,
    \"currency\": \"USD\"
  }"
echo
