"""clickhouse-connect and pandas: views, comments, money, an as-of view with a bound parameter, and no writing."""
import decimal
import os

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError

client = clickhouse_connect.get_client(
    host=os.environ["CLICKHOUSE_HOST"],
    port=int(os.environ["CLICKHOUSE_PORT"]),
    username=os.environ["CLICKHOUSE_BI_USER"],
    password=os.environ["CLICKHOUSE_BI_PASSWORD"],
    database="tidemark",
)
rows = client.query(
    "SELECT mrr FROM mrr_monthly WHERE month = %(month)s AND currency = 'USD'", {"month": "2026-05-01"}
).result_rows
assert rows == [(decimal.Decimal("590"),)], rows
then = client.query(
    "SELECT mrr FROM mrr_monthly_as_of(known_at = {known_at:DateTime64(3, 'UTC')}) WHERE month = '2026-05-01' AND currency = 'USD'",
    parameters={"known_at": "2026-06-02 00:00:00.000"},
).result_rows
assert then == [(decimal.Decimal("550"),)], then
frame = client.query_df("SELECT month, churn_rate FROM churn_monthly WHERE month BETWEEN '2026-05-01' AND '2026-06-01' ORDER BY month")
assert list(frame.columns) == ["month", "churn_rate"] and list(frame["churn_rate"].round(6)) == [0.333333, 0.25], frame
comment = client.command("SELECT comment FROM system.columns WHERE database = 'tidemark' AND table = 'churn_monthly' AND name = 'churn_rate'")
assert "customers_lost / customers_at_start" in comment, comment
try:
    client.command("CREATE TABLE tidemark.mine (a Int8) ENGINE = Memory")
    raise AssertionError("the user of BI tools may write")
except DatabaseError as error:
    assert "ACCESS_DENIED" in str(error) or "Not enough privileges" in str(error) or "readonly" in str(error), error
print("clickhouse-connect", clickhouse_connect.__version__, "reads views, comments, money and as-of views")
