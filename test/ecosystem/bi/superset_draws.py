"""Superset imports infra/superset by its command line, and its API answers for each chart of the dashboard with the rows of the view."""
import datetime
import os
import pathlib
import tempfile
import zipfile

import clickhouse_connect

host, port = os.environ["CLICKHOUSE_HOST"], int(os.environ["CLICKHOUSE_PORT"])
user, password = os.environ["CLICKHOUSE_BI_USER"], os.environ["CLICKHOUSE_BI_PASSWORD"]
scratch = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-superset-"))
files = pathlib.Path("infra/superset")

# As docs/read/superset.md says: the address and the password into a copy, and the copy as an archive.
archive = scratch / "tidemark.zip"
with zipfile.ZipFile(archive, "w") as packed:
    for path in sorted(files.rglob("*.yaml")):
        text = path.read_text()
        if path.name == "tidemark.yaml" and path.parent.name == "databases":
            text = text.replace("XXXXXXXXXX", password).replace("127.0.0.1:8123", f"{host}:{port}")
        packed.writestr(f"tidemark/{path.relative_to(files)}", text)

config = scratch / "superset_config.py"
config.write_text(
    'SECRET_KEY = "of this test alone, and gone with it"\n'
    f'SQLALCHEMY_DATABASE_URI = "sqlite:///{scratch}/superset.db"\n'
    "WTF_CSRF_ENABLED = False\n"
)
os.environ["SUPERSET_CONFIG_PATH"] = str(config)

from flask.cli import ScriptInfo
from superset.app import create_app
from superset.cli.main import superset as cli

app = create_app()


def superset(*arguments):
    """A command of Superset's own, in this process: each start of it takes many seconds."""
    done = app.test_cli_runner().invoke(cli, arguments, obj=ScriptInfo(create_app=lambda: app))
    assert done.exit_code == 0, f"superset {arguments[0]}: {done.output[-2_000:]} {done.exception!r}"


superset("db", "upgrade")
superset("fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "a@example.com",
         "--password", "admin")
superset("init")
superset("import-dashboards", "-p", str(archive), "-u", "admin")

client = app.test_client()
login = {"username": "admin", "password": "admin", "provider": "db", "refresh": False}
token = client.post("/api/v1/security/login", json=login).json["access_token"]
headers = {"Authorization": f"Bearer {token}"}


def get(path):
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:1_000]}"
    return answer.json


def plain(value):
    """A value as both sides can be compared: Superset's answer has instants as milliseconds, and money as text."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return datetime.datetime(*value.timetuple()[:6], tzinfo=datetime.timezone.utc).timestamp() * 1_000
    try:
        return round(float(value), 9)
    except (TypeError, ValueError):
        return value


direct = clickhouse_connect.get_client(host=host, port=port, username=user, password=password, database="tidemark")
charts = get("/api/v1/dashboard/tidemark/charts")["result"]
assert len(charts) == len(list((files / "charts").glob("*.yaml"))), [chart["slice_name"] for chart in charts]
for chart in charts:
    [drawn] = get(f"/api/v1/chart/{chart['id']}/data/?force=true")["result"]
    form = chart["form_data"]
    names = [form["x_axis"], *form["groupby"], *form["metrics"]]
    dataset = get(f"/api/v1/dataset/{form['datasource'].split('__')[0]}")["result"]["table_name"]
    rows = direct.query(f"SELECT {', '.join(names)} FROM {dataset}").result_rows
    expected = sorted([[plain(value) for value in row] for row in rows], key=str)
    found = sorted([[plain(row[name]) for name in names] for row in drawn["data"]], key=str)
    assert len(found) > 0 and found == expected, f"{chart['slice_name']}: {found[:3]} is not {expected[:3]}"
    print(f"Superset draws {chart['slice_name']}: {len(found)} rows of {dataset}")
