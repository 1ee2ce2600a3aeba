"""Publishes a sale straight to Kafka with confluent-kafka: pip install -r requirements.txt && python3 publish_kafka.py ORDER

KAFKA_BROKERS says where Kafka is, COLLECTOR_URL where the collector is, which answers as the schema registry.
"""

import os
import sys
import time

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

order = sys.argv[1] if len(sys.argv) > 1 else "order-1001"
topic = "events.purchase"
registry = SchemaRegistryClient({"url": os.environ.get("COLLECTOR_URL", "http://127.0.0.1:8080")})
# The schemas come with the release: the newest is used, and none is registered.
serialize = AvroSerializer(registry, conf={"auto.register.schemas": False, "use.latest.version": True})
producer = Producer(
    {
        "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092"),
        "enable.idempotence": True,
    }
)
event = {
    "type": "purchase.completed",
    # The same id again is the same event, so it may be produced again after any failure.
    "event_id": f"shop:{order}:completed",
    "occurred_at": int(time.time() * 1000),
    # Straight to Kafka nobody else fills it in.
    "source": "python-kafka",
    "customer_id": "customer-7",
    "purchase_id": order,
    "kind": "product",
    "amount": 5900,  # minor units: $59.00
    "currency": "USD",
}
failures = []
producer.produce(
    topic,
    key=event["customer_id"],
    value=serialize(event, SerializationContext(topic, MessageField.VALUE)),
    on_delivery=lambda error, _: failures.append(error) if error else None,
)
if producer.flush(30) > 0 or failures:
    sys.exit(f"not acknowledged: {failures}")
