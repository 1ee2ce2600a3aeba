"""SQLAlchemy by clickhouse-connect's dialect: the inspector's views and columns, and a query of the core."""
import decimal
import os

import sqlalchemy
from sqlalchemy import MetaData, Table, create_engine, inspect, select

url = sqlalchemy.URL.create(
    "clickhousedb",
    username=os.environ["CLICKHOUSE_BI_USER"],
    password=os.environ["CLICKHOUSE_BI_PASSWORD"],
    host=os.environ["CLICKHOUSE_HOST"],
    port=int(os.environ["CLICKHOUSE_PORT"]),
    database="tidemark",
)
engine = create_engine(url)
inspector = inspect(engine)
names = set(inspector.get_table_names(schema="tidemark")) | set(inspector.get_view_names(schema="tidemark"))
assert {"mrr_monthly", "churn_daily", "data_through"} <= names, sorted(names)[:10]
columns = {column["name"]: column for column in inspector.get_columns("mrr_monthly", schema="tidemark")}
assert {"month", "currency", "mrr", "arpa"} <= set(columns), columns
assert "ISO 4217" in (columns["currency"].get("comment") or ""), columns["currency"]
table = Table("mrr_monthly", MetaData(), schema="tidemark", autoload_with=engine)
with engine.connect() as connection:
    found = connection.execute(
        select(table.c.mrr).where(table.c.month == "2026-05-01", table.c.currency == "USD")
    ).scalar_one()
assert found == decimal.Decimal("590"), found
print("SQLAlchemy", sqlalchemy.__version__, "finds", len(names), "views with their comments")
