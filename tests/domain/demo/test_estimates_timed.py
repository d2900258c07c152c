"""The benchmark of the survival estimates: against R where it answers, against statsmodels where not."""

import pytest

from trialsite.demo import estimates


@pytest.fixture
def rscript(tmp_path, monkeypatch):
    """Put a program of this body in the place of R."""

    def put(body):
        place = tmp_path / "Rscript"
        place.write_text(f"#!/bin/sh\n{body}\n")
        place.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


def test_r_is_asked_where_it_is_installed(rscript):
    rscript('[ "$(wc -c < "$3")" = 16000 ] && echo "2.5 4.5"')  # two columns of 2000 whole numbers of 4 bytes
    ours, whose, theirs = estimates.times_of_estimates(2000)
    assert whose == "R survival and cmprsk"
    assert theirs == {estimates.KM: 2.5, estimates.CIF: 4.5}
    assert 0 <= ours[estimates.KM] < 2.5


def test_statsmodels_is_measured_where_r_lacks_its_packages(rscript):
    rscript("exit 1")
    ours, whose, theirs = estimates.times_of_estimates(2000)
    assert whose == "statsmodels"
    assert ours.keys() == theirs.keys() == {estimates.KM, estimates.CIF}


def test_statsmodels_is_measured_where_there_is_no_r(monkeypatch):
    monkeypatch.setattr(estimates, "which", lambda name: None)
    assert estimates.times_of_estimates(2000)[1] == "statsmodels"
