"""Signs what schemathesis sends to a source of webhooks, as the source does, so that what is behind the signature is tried too."""
import base64
import datetime
import hashlib
import hmac
import os

import schemathesis
from requests.auth import AuthBase

secret = os.environ.get("WEBHOOK_SECRET", "").encode()
# The collector of the test has a clock of its own.
now = datetime.datetime.fromtimestamp(int(os.environ.get("WEBHOOK_NOW_MS", "0")) / 1_000, datetime.timezone.utc)


def digest(*parts):
    return hmac.new(secret, b"".join(parts), hashlib.sha256)


class Signed(AuthBase):
    def __call__(self, request):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        source = request.url.split("?")[0].rsplit("/", 1)[-1]
        if not isinstance(body, bytes):
            return request
        if source == "stripe":
            time = str(int(now.timestamp()))
            signature = digest(time.encode(), b".", body).hexdigest()
            request.headers["Stripe-Signature"] = f"t={time},v1={signature}"
        if source == "shopify":
            request.headers["X-Shopify-Topic"] = "orders/paid"
            request.headers["X-Shopify-Hmac-Sha256"] = base64.b64encode(digest(body).digest()).decode()
        if source == "zendesk":
            time = now.isoformat().replace("+00:00", "Z")
            request.headers["X-Zendesk-Webhook-Signature-Timestamp"] = time
            request.headers["X-Zendesk-Webhook-Signature"] = base64.b64encode(digest(time.encode(), body).digest()).decode()
        return request


schemathesis.auth.set_from_requests(Signed()).apply_to(path_regex="^/v1/sources/")
