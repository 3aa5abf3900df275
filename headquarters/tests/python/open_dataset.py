"""Opens a dataset as its readers do, and compares what each of them sees.

usage: open_dataset.py DATASET LINES

DATASET is a folder that `khettara-hq export` wrote. LINES holds a JSON object a line: a line of records, whether
the reader of lines takes it, and whether a schema can see why not.
"""

import csv
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb
import frictionless
import jsonschema
import pandas
import pyarrow.parquet

csv.field_size_limit(1 << 24)

IN_DUCKDB = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "datetime": "TIMESTAMP WITH TIME ZONE",
    "number": "DOUBLE",
}
IN_ARROW = {
    "string": "string",
    "integer": "int64",
    "boolean": "bool",
    "datetime": "timestamp[ms, tz=UTC]",
    "number": "double",
}


def same(what, left, right):
    if left != right:
        raise SystemExit(f"{what}: {left!r} and {right!r}")


def as_entered(cell):
    return cell[1:] if cell.startswith("'") else cell


def of_csv(cell, kind):
    """A cell of CSV as a value of its column's type; an instant in milliseconds."""
    if cell == "":
        return None
    if kind == "string":
        return as_entered(cell)
    if kind == "integer":
        return int(cell)
    if kind == "boolean":
        return {"yes": True, "no": False}[cell]
    if kind == "number":
        return float(cell)
    at = pandas.Timestamp(cell)
    same("UTC", str(at.tz), "UTC")
    return at.value // 1_000_000


def csv_rows(path, fields):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    same(f"header of {path.name}", rows[0], [field["name"] for field in fields])
    kinds = [field["type"] for field in fields]
    return [tuple(of_csv(cell, kind) for cell, kind in zip(row, kinds, strict=True)) for row in rows[1:]]


def duckdb_rows(path, fields):
    table = duckdb.read_parquet(str(path))
    same(f"columns of {path.name} in DuckDB", table.columns, [field["name"] for field in fields])
    same(f"types of {path.name} in DuckDB", list(map(str, table.types)), [IN_DUCKDB[field["type"]] for field in fields])
    cells = [f'epoch_ms("{field["name"]}")' if field["type"] == "datetime" else f'"{field["name"]}"' for field in fields]
    return duckdb.sql(f"SELECT {', '.join(cells)} FROM '{path}'").fetchall()


def pandas_rows(path, fields):
    frame = pandas.read_parquet(path, dtype_backend="numpy_nullable")
    same(f"columns of {path.name} in pandas", list(frame.columns), [field["name"] for field in fields])
    columns = []
    for field in fields:
        values = frame[field["name"]]
        if field["type"] == "datetime":
            same("zone", str(values.dt.tz), "UTC")
            columns.append([None if pandas.isna(at) else at.value // 1_000_000 for at in values.astype("datetime64[ns, UTC]")])
        else:
            columns.append([None if pandas.isna(value) else value for value in values.tolist()])
    same(f"rows of {path.name} in pandas alone", len(pandas.read_parquet(path)), len(frame))
    return list(zip(*columns))


def check_file(path, fields):
    """What only the file itself tells: types, what may be missing, dictionaries, compression."""
    file = pyarrow.parquet.ParquetFile(path)
    for field, arrow in zip(fields, file.schema_arrow, strict=True):
        same(f"type of {field['name']}", str(arrow.type), IN_ARROW[field["type"]])
        constraints = field.get("constraints", {})
        same(f"{field['name']} may be missing", arrow.nullable, "required" not in constraints)
    metadata = file.metadata
    assert metadata.created_by.startswith("khettara version "), metadata.created_by
    same("metadata", metadata.metadata, None)
    for group in range(metadata.num_row_groups):
        for place, field in enumerate(fields):
            column = metadata.row_group(group).column(place)
            same("compression", column.compression, "ZSTD")
            if "enum" in field.get("constraints", {}):
                assert "RLE_DICTIONARY" in column.encodings, (field["name"], column.encodings)


def check_tables(dataset, package, manifest):
    tables = {}
    rows = {file["name"]: file["rows"] for file in manifest["files"]}
    for resource in package["resources"]:
        path, other, fields = resource["path"], resource["parquet"]["path"], resource["schema"]["fields"]
        expected = csv_rows(dataset / path, fields)
        same(f"rows of {path}", len(expected), rows[path])
        same(f"rows of {other}", len(expected), rows[other])
        for reader in (duckdb_rows, pandas_rows):
            found = reader(dataset / other, fields)
            same(f"rows of {other} for {reader.__name__}", len(found), len(expected))
            for number, (left, right) in enumerate(zip(expected, found, strict=True), 1):
                for field, one, two in zip(fields, left, right, strict=True):
                    same(f"{other} row {number} {field['name']} for {reader.__name__}", two, one)
        check_file(dataset / other, fields)
        tables[resource["name"]] = [dict(zip([field["name"] for field in fields], row)) for row in expected]
    described = {path for resource in package["resources"] for path in (resource["path"], resource["parquet"]["path"])}
    same("tables", described, {name for name in rows if not name.endswith(".json")})
    return tables


def check_values(tables):
    """What was entered is here, letter by letter and digit by digit."""
    household = next(row for row in tables["households"] if row["douar"] == "Ksar Merzouga — قصر مرزوكة")
    same("commune", household["commune_code"], "08.201.11.07")
    same("place", (household["lat"], household["lon"], household["gps_accuracy_m"]), (31.09821, -4.01112, 12))
    same("flag", (household["electricity"], household["withdrawn"]), (False, None))
    same("phone", household["phone"], "+212661234567")
    same("nothing said", (household["dwelling"], household["note"]), (None, "=1+1\n'citerne'"))
    same("languages", household["languages"], "ary;zgh")
    names = {row["name_ar"]: row for row in tables["members"]}
    assert {"مُحَمَّد أوحدو", "ⵉⵟⵟⵓ ⵓⵃⴰⴷⴷⵓ"} <= set(names), set(names)
    same("birth", {row["birth"] for row in names.values()}, {"1958~", "2014-05-30"})
    same("head", household["head_member_id"], names["مُحَمَّد أوحدو"]["member_id"])
    visits = {row["note"]: row for row in tables["visits"]}
    visit = visits["البئر جفت منذ الصيف.\nLa citerne passe une fois par semaine."]
    same("time", visit["at"], 1_795_599_000_000)
    same("numbers", (visit["offset_min"], visit["error_s"]), (-60, 0))
    same("1970", visits["-12 °C"]["at"], 0)
    enrolment = tables["enrolments"][0]
    same("a date without its day", (enrolment["since"], enrolment["amount_mad"]), ("2026-03", 500))
    school = tables["service_points"][0]
    same("several codes", (school["open_days"], school["commune_code"]), ("monday;tuesday", "08.201.11.07"))
    same("near zero", (school["lat"], school["lon"], school["accessible"]), (-0.00001, 0.0, None))
    same("a school is no household", len(tables["households"]), 3)
    assert any(row["winner"] for row in tables["conflicts"]) and not all(row["winner"] for row in tables["conflicts"])
    for row in tables["needs"]:
        assert row["visit_id"] in {visit["visit_id"] for visit in tables["visits"]}, row


def check_manifest(dataset, manifest):
    files = {file["name"] for file in manifest["files"]}
    same("files", files | {"manifest.json"}, {path.name for path in dataset.iterdir()})
    for file in manifest["files"]:
        content = (dataset / file["name"]).read_bytes()
        same(f"bytes of {file['name']}", len(content), file["bytes"])
        same(f"digest of {file['name']}", hashlib.sha256(content).hexdigest(), file["sha256"])


def check_package(dataset):
    """A validator finds nothing, and does find a code that is none."""
    report = frictionless.validate(str(dataset / "datapackage.json"))
    if not report.valid:
        raise SystemExit(f"frictionless: {report.flatten(['title', 'message'])}")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(dataset, Path(folder) / "copy"))
        package = json.loads((copy / "datapackage.json").read_text("utf-8"))
        households = next(resource for resource in package["resources"] if resource["name"] == "households")
        del households["hash"], households["bytes"]
        (copy / "datapackage.json").write_text(json.dumps(package), "utf-8")
        text = (copy / "households.csv").read_text("utf-8")
        (copy / "households.csv").write_text(text.replace(",sedentary,", ",settled,"), "utf-8")
        assert not frictionless.validate(str(copy / "datapackage.json")).valid, "another code passes"


def check_lines(dataset, lines):
    """The schema refuses nothing that is taken, and whatever it can see of what is refused."""
    schema = json.loads((dataset / "records.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    taken = refused = 0
    for case in map(json.loads, lines.read_text("utf-8").splitlines()):
        try:
            line = json.loads(case["line"])
        except ValueError:
            same("JSON", (case["taken"], case["seen"]), (False, False))
            continue
        valid = validator.is_valid(line)
        if case["taken"] and not valid:
            raise SystemExit(f"refused by the schema alone: {case['line']}: {validator.iter_errors(line).__next__().message}")
        if case["seen"] and not case["taken"] and valid:
            raise SystemExit(f"taken by the schema alone: {case['line']}")
        taken, refused = taken + valid, refused + (not valid)
    assert taken > 100 and refused > 1_000, (taken, refused)
    return taken, refused


def main():
    dataset, lines = map(Path, sys.argv[1:])
    package = json.loads((dataset / "datapackage.json").read_text("utf-8"))
    manifest = json.loads((dataset / "manifest.json").read_text("utf-8"))
    check_manifest(dataset, manifest)
    tables = check_tables(dataset, package, manifest)
    check_values(tables)
    check_package(dataset)
    taken, refused = check_lines(dataset, lines)
    counts = ", ".join(f"{name} {len(rows)}" for name, rows in tables.items())
    print(f"{counts}; lines taken {taken}, refused {refused}")


main()
