"""A short run of tools/soak: everything comes and goes, and in the end all is back where it was."""

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from box import Box
from soak import Sample, Soak, figures, plot, report

CHURN_S = 12


def test_after_everything_at_once_all_is_back_where_it_was(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.fail("namespaces need root")
    with Box(tmp_path, "soak") as box:
        soak = Soak(box)
        try:
            faults = soak.run(CHURN_S)
            print(figures(soak.samples))
            report(soak.samples, tmp_path)
        finally:
            soak.close()
    assert faults == []
    assert max(sample.sessions for sample in soak.samples) > 100, "something was under way"
    assert soak.samples[-1].packets > soak.samples[0].packets
    ElementTree.parse(tmp_path / "soak.svg")


def sample(**changes) -> Sample:
    values = {"seconds": 1.0, "memory_kb": 100_000, "descriptors": 40, "threads": 8, "sessions": 0, "active": 1,
              "sources": 0, "answer_ms": 1.0, "packets": 7, "lost": 0}
    return Sample(**(values | changes))


@pytest.mark.parametrize("changes", [{"descriptors": 41}, {"threads": 9}, {"sessions": 1}, {"active": 2},
                                     {"sources": 3}, {"memory_kb": 120_000}])
@pytest.mark.no_switch
def test_what_is_not_back_is_named(changes: dict) -> None:
    soak = object.__new__(Soak)
    soak.faults = []
    soak.compare(sample(), sample(memory_kb=104_000))
    assert soak.faults == []
    soak.compare(sample(), sample(**changes))
    assert len(soak.faults) == 1 and soak.faults[0].startswith(next(iter(changes)).removesuffix("_kb"))


@pytest.mark.no_switch
def test_a_plot_has_a_panel_for_each_series() -> None:
    tree = ElementTree.fromstring(plot([sample(), sample(seconds=2.0, sessions=5), sample(seconds=3.0)]))
    lines = tree.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 9 and all(len(line.attrib["points"].split()) == 3 for line in lines)
