"""The first minute of a statistician: programs that read the files of a bundle with their types and code lists."""

import json
import re
from collections.abc import Mapping, Sequence

from django.template.loader import get_template

from .domain.table import Kind, Table, Variable

SAS_NAME, SAS_TEXT, SAS_LABEL = 32, 500, 200  # characters
SAS_TYPES = {Kind.INTEGER: "best32.", Kind.DECIMAL: "best32.", Kind.DATE: "yymmdd10."}
SAS_HEAD = (
    f"/* Set the folder, then run. Texts of more than {SAS_TEXT} characters are cut. */\n%let folder=.;\n"
)


def programs(tables: Sequence[Table]) -> Mapping[str, str]:
    """Name → program that reads the CSV files of these tables: R, Python with pandas, SAS."""
    return {
        "load.R": plain("load.R"),
        "load.py": plain("load.py"),
        "load.sas": "\n".join([SAS_HEAD, *map(sas_step, tables)]),
    }


def plain(name: str) -> str:
    """A program as it stands beside the templates, whatever the tables."""
    template = get_template(f"exports/{name}.txt")
    return str(template.template.source)  # type: ignore[attr-defined]


def sas_step(table: Table) -> str:
    """The step that reads one table; a column "weight.text" is called weight_text."""
    columns = [sas_name(one.name) for one in table.variables]
    shapes = [f"{sas_name(one.name)} {sas_type(one)}" for one in table.variables]
    labels = [f"{sas_name(one.name)} = {quoted(one.label)}" for one in table.variables]
    return "\n".join(
        [
            f"data {sas_name(table.name)};",
            f'  infile "&folder./raw/{table.name}.csv" dsd firstobs=2 lrecl=32767 truncover encoding="utf-8"'
            " termstr=crlf;",
            f"  informat {' '.join(shapes)};",
            f"  input {' '.join(columns)};",
            f"  label {' '.join(labels)};",
            "run;",
            "",
        ]
    )


def sas_name(name: str) -> str:
    return re.sub(r"\W", "_", name)[:SAS_NAME]


def sas_type(variable: Variable) -> str:
    return SAS_TYPES.get(variable.kind, f"${SAS_TEXT}.")


def quoted(label: str) -> str:
    return json.dumps(label[:SAS_LABEL].replace('"', "'"), ensure_ascii=False)
