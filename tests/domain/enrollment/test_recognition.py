"""What follows when a person is known: every combination of where and how far they took part."""

import pytest

from enrollment.domain.recognition import Known, Part, Stop, Way, way_on

HERE_RUNNING = Known(same_study=True, part=Part.RUNNING, here=True)
HERE_FAILED = Known(same_study=True, part=Part.FAILED, here=True)
HERE_ENDED = Known(same_study=True, part=Part.ENDED, here=True)
THERE_RUNNING = Known(same_study=False, part=Part.RUNNING, here=False)
THERE_ENDED = Known(same_study=False, part=Part.ENDED, here=False)
THERE_FAILED = Known(same_study=False, part=Part.FAILED, here=False)


@pytest.mark.parametrize(
    ("known", "running_allowed", "ended_allowed", "way"),
    [
        ([HERE_FAILED], False, False, Way.RESCREENING),
        ([HERE_FAILED, HERE_FAILED], False, False, Way.RESCREENING),
        ([HERE_RUNNING], True, True, Stop.IN_THIS_STUDY),
        ([HERE_FAILED, HERE_RUNNING], True, True, Stop.IN_THIS_STUDY),
        ([HERE_ENDED], True, True, Stop.IN_THIS_STUDY),
        ([THERE_RUNNING], True, False, Way.OTHER_TRIAL),
        ([THERE_RUNNING], False, True, Stop.OTHER_TRIAL_RUNS),
        ([THERE_ENDED], False, True, Way.OTHER_TRIAL),
        ([THERE_ENDED], True, False, Stop.OTHER_TRIAL_ENDED),
        ([THERE_FAILED], False, False, Way.OTHER_TRIAL),  # a failed screening is no part in a trial
        ([HERE_FAILED, THERE_RUNNING], False, True, Stop.OTHER_TRIAL_RUNS),
        ([HERE_FAILED, THERE_RUNNING], True, True, Way.RESCREENING),
    ],
)
def test_the_strictest_finding_decides(
    known: list[Known], running_allowed: bool, ended_allowed: bool, way: Way | Stop
) -> None:
    assert way_on(known, running_allowed=running_allowed, ended_allowed=ended_allowed) == way


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ("screening", Part.RUNNING),
        ("enrolled", Part.RUNNING),
        ("screen_failed", Part.FAILED),
        ("off_study", Part.ENDED),
    ],
)
def test_how_far_a_part_went(state: str, part: Part) -> None:
    assert Part.of(state) is part
