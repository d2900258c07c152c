"""The identifiers by which files of a package name the same study, dataset and variable."""


def study_oid(study: str) -> str:
    return f"STUDY.{study}"


def metadata_oid(study: str, standard: str) -> str:
    return f"MDV.{study}.{standard}"


def item_group_oid(table: str) -> str:
    return f"IG.{table}"


def item_oid(table: str, variable: str) -> str:
    return f"IT.{table}.{variable}"
