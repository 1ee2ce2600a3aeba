"""confluent-kafka's registry client and Avro serializer against the collector as a read-only registry."""
import json
import sys

import confluent_kafka
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

client = SchemaRegistryClient({"url": sys.argv[1]})
subject = "events.cart-value"
latest = client.get_latest_version(subject)
event = {
    "event_id": "e-1",
    "type": "cart.created",
    "occurred_at": 1_780_000_000_000,
    "source": "python",
    "cart_id": "c-1",
    "value": 1999,
    "currency": "EUR",
}
context = SerializationContext("events.cart", MessageField.VALUE)
for settings in ({"auto.register.schemas": True}, {"auto.register.schemas": False, "use.latest.version": True}):
    serializer = AvroSerializer(client, latest.schema.schema_str, conf=settings)
    framed = serializer(event, context)
    assert framed[0] == 0 and int.from_bytes(framed[1:5], "big") == latest.schema_id, framed[:5]
    read = AvroDeserializer(client)(framed, context)
    assert read["cart_id"] == "c-1" and read["value"] == 1999, read

assert client.get_version(subject, 1).schema_id == latest.schema_id
assert client.lookup_schema(subject, latest.schema).version == latest.version
assert client.register_schema(subject, latest.schema) == latest.schema_id
assert subject in client.get_subjects()
assert client.get_versions(subject) == [1], client.get_versions(subject)
assert client.get_compatibility() == "BACKWARD"
assert client.test_compatibility(subject, latest.schema)
record = json.loads(latest.schema.schema_str)
wider = {**record, "fields": [*record["fields"], {"name": "more", "type": "string"}]}
assert not client.test_compatibility(subject, Schema(json.dumps(wider), "AVRO"))


def refused(code: int, ask) -> None:
    try:
        ask()
    except SchemaRegistryError as error:
        assert error.error_code == code, error
        return
    raise AssertionError(f"{code} was expected")


refused(40401, lambda: client.get_latest_version("nothing"))
refused(40402, lambda: client.get_version(subject, 99))
refused(40403, lambda: client.get_schema(9_999))
refused(42205, lambda: client.register_schema(subject, Schema(json.dumps(wider), "AVRO")))
refused(42205, lambda: client.delete_subject(subject))
refused(42205, lambda: client.set_compatibility(subject_name=subject, level="NONE"))
print("confluent-kafka", confluent_kafka.__version__, "serializes, deserializes, looks up and is refused as by Confluent's registry")
