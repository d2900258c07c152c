"""A randomised trial comes out too: what is made of parts or of several answers stands whole in its cell."""

import csv
import json
from typing import Any

import pytest
from django.test import Client
from rest_framework import serializers

from enrollment.lists import plan_data
from tests.integration.enrollment.trials import given, intens, make_list
from tests.integration.test_api import token_of
from trialsite.exchange.renderers import columns_of, csv_lines

from .test_exports import RAW, archive, lines, made


def test_every_part_of_a_randomised_trial_is_made(committed_db: str, client: Client) -> None:
    cast = intens()
    make_list()
    given(cast)
    order = made(cast, parts=[*RAW, "sdtm", "adam_json", "odm", "odm_audit", "codebook"])
    assert order.state == "done", order.results
    plan = plan_data(cast.study.protocol.randomisation, 8)
    [line] = lines(order, "raw/randomisation-lists.csv")
    assert json.loads(line["plan"]) == plan
    answer = client.get("/api/v1/randomisation-lists/?format=csv", headers=token_of(cast.data_manager))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [asked] = csv.DictReader(text.splitlines())
    assert json.loads(asked["plan"]) == plan
    assert any(name.startswith("odm/") for name in archive(order).namelist())


class Several(serializers.Serializer):
    phases = serializers.JSONField()
    rows = serializers.ListSerializer(child=serializers.CharField())


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (["A"], "A"),
        (["A", "B"], "A;B"),
        ([], ""),
        ({}, "{}"),
        ([{"b": "二", "a": 1}], '[{"a": 1, "b": "二"}]'),
    ],
)
def test_several_answers_stand_in_their_cell_and_lists_of_their_own_do_not(value: Any, cell: str) -> None:
    columns = columns_of(Several())
    assert columns == ["phases"]
    _mark, _header, line = csv_lines([{"phases": value, "rows": ["not here"]}], columns)
    assert next(csv.reader([line.decode()])) == [cell]
