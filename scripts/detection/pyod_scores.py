"""Scores the series that `npm run detection -- --part rivals --exchange FOLDER` has written with an isolation forest of pyod.

    python -m venv /tmp/pyod && /tmp/pyod/bin/pip install pyod
    /tmp/pyod/bin/python scripts/detection/pyod_scores.py FOLDER

Then the same command reads the scores. Not needed for anything else.
"""
import json
import sys
from pathlib import Path

import numpy
from pyod.models.iforest import IForest

HOUR, DAY, WEEK, LEARN = 12, 288, 2016, 13 * 2016
WINDOWS = [3, 12, 48, 288]


def features(counts):
    """For each step and window: the count, against the mean of the same window of the eight weeks before."""
    before = numpy.concatenate([[0.0], numpy.cumsum(counts)])
    columns = []
    for length in WINDOWS:
        ends = numpy.arange(1, len(counts) + 1)
        sums = before[ends] - before[numpy.maximum(0, ends - length)]
        weeks = []
        for back in range(1, 9):
            shifted = numpy.roll(sums, back * WEEK)
            shifted[: back * WEEK] = numpy.nan
            weeks.append(shifted)
        usual = numpy.nan_to_num(numpy.nanmean(numpy.array(weeks), axis=0))
        columns += [(sums - usual) / numpy.sqrt(usual + 1), numpy.log1p(sums)]
    return numpy.stack(columns, axis=1)


def scores(counts):
    """Four weeks at a time are scored by a forest of the five weeks before them."""
    table = features(numpy.array(counts))
    result = numpy.zeros(len(counts))
    for begin in range(LEARN, len(counts), 4 * WEEK):
        forest = IForest(n_estimators=100, random_state=1)
        forest.fit(table[begin - 5 * WEEK : begin : 3])
        end = begin + 4 * WEEK
        result[begin:end] = forest.decision_function(table[begin:end])
    return result


for file in sorted(Path(sys.argv[1]).glob("*.json")):
    if not file.name.endswith(".scores.json"):
        found = scores(json.loads(file.read_text())["counts"])
        file.with_suffix(".scores.json").write_text(json.dumps([round(float(one), 6) for one in found]))
        print(file.name, flush=True)
