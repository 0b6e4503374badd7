"""What every rule keeps."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from alerts.rules import RULES
from listener.types import Facts, Series
from tests.alerts.world import DAY, SATURDAY, World


@pytest.mark.parametrize("kind", RULES.kinds)
def test_a_rule_is_known_by_its_file(kind: str) -> None:
    rule = RULES.load(kind)
    assert rule.kind == kind and rule.__module__ == f"alerts.rules.{kind}"
    assert rule.about in ("brand", "source") and rule.on in ("step", "mention") and rule.history > DAY / 2


@pytest.mark.parametrize("kind", RULES.kinds)
def test_options_are_frozen_and_refuse_what_they_do_not_know(kind: str) -> None:
    options = RULES.options(kind)
    with pytest.raises(ValidationError):
        options(no_such_option=1)
    with pytest.raises(ValidationError):
        setattr(options(), next(iter(options.model_fields)), None)


@pytest.mark.parametrize("kind", RULES.kinds)
def test_the_same_facts_and_state_give_the_same_and_leave_the_state_alone(kind: str) -> None:
    world = World(17)
    world.storm(world.start + 16 * DAY, [7] * 12)
    facts, state = world.facts(since=world.start + 16 * DAY), {}
    once, again = RULES.load(kind)(RULES.options(kind)()).evaluate(facts, state), RULES.load(kind)().evaluate(facts, state)
    assert once == again and state == {} and json.loads(json.dumps(once[0])) == once[0]
    for finding in once[1]:
        assert json.loads(json.dumps(dict(finding.why))) == dict(finding.why)
        assert facts.since < finding.at <= facts.until and finding.starts_at <= finding.at


@pytest.mark.parametrize("kind", RULES.kinds)
def test_nothing_known_gives_nothing(kind: str) -> None:
    assert RULES.load(kind)().evaluate(Facts("b", SATURDAY, SATURDAY - DAY / 288, Series(SATURDAY, ())), {})[1] == []
