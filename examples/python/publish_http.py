"""Publishes a sale over HTTP with the standard library alone: python3 publish_http.py ORDER

COLLECTOR_URL and COLLECTOR_KEY say where the collector is and who publishes.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

order = sys.argv[1] if len(sys.argv) > 1 else "order-1001"
url = os.environ.get("COLLECTOR_URL", "http://127.0.0.1:8080") + "/v1/events"
key = os.environ.get("COLLECTOR_KEY", "dev-key")
event = {
    "type": "purchase.completed",
    # The same id again is the same event, so a request may be sent again after any failure.
    "event_id": f"shop:{order}:completed",
    "occurred_at": datetime.now(timezone.utc).isoformat(),
    "source": "python-http",
    "customer_id": "customer-7",
    "purchase_id": order,
    "kind": "product",
    "amount": 5900,  # minor units: $59.00
    "currency": "USD",
}


def publish(events: list[dict]) -> list[dict]:
    """Publishes events and returns what is rejected, with path and fix."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps(events).encode()
    for attempt in range(6):
        request = urllib.request.Request(url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)["rejected"]
        except urllib.error.HTTPError as error:
            if error.code == 400:
                return json.load(error)["rejected"]
            if error.code not in (429, 503):
                raise SystemExit(f"{error.code}: {error.read().decode()}")
            pause = int(error.headers.get("Retry-After") or 1)
        except (urllib.error.URLError, TimeoutError):
            pause = 2**attempt
        time.sleep(pause)
    raise SystemExit(f"{url} does not take events")


rejected = publish([event])
for one in rejected:
    print(one["path"], one["message"], file=sys.stderr)
sys.exit(1 if rejected else 0)
