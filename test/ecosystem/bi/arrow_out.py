"""Arrow and Parquet out of ClickHouse, into Polars and DuckDB: the same figures, with their types."""
import io
import os
import urllib.request

import duckdb
import polars
import pyarrow
import pyarrow.parquet

host, port = os.environ["CLICKHOUSE_HOST"], os.environ["CLICKHOUSE_PORT"]
query = "SELECT month, currency, mrr, arpa FROM tidemark.mrr_monthly WHERE month <= '2026-06-01' ORDER BY currency, month"


def export(form: str) -> bytes:
    request = urllib.request.Request(
        f"http://{host}:{port}/?default_format={form}",
        data=query.encode(),
        headers={
            "X-ClickHouse-User": os.environ["CLICKHOUSE_BI_USER"],
            "X-ClickHouse-Key": os.environ["CLICKHOUSE_BI_PASSWORD"],
        },
    )
    return urllib.request.urlopen(request).read()


arrow = pyarrow.ipc.open_stream(io.BytesIO(export("ArrowStream"))).read_all()
assert arrow.schema.field("mrr").type == pyarrow.decimal128(38, 6), arrow.schema
frame = polars.from_arrow(arrow)
may = frame.filter((polars.col("currency").cast(polars.String) == "USD") & (polars.col("month").cast(polars.String) == "2026-05-01"))
assert may["mrr"].cast(polars.String).to_list() == ["590.000000"], may
parquet = pyarrow.parquet.read_table(io.BytesIO(export("Parquet")))
total = duckdb.sql("SELECT sum(mrr) FROM parquet WHERE CAST(currency AS VARCHAR) = 'USD'").limit(1).fetchall()[0]
assert str(total[0]) == "1480.000000", total
print("Arrow to Polars", polars.__version__, "and Parquet to DuckDB", duckdb.__version__)
