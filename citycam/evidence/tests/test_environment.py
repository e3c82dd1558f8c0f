import json

from citycam.evidence import environment


def test_facts_are_json_and_say_what_ran() -> None:
    facts = json.loads(json.dumps(environment.facts()))
    assert facts["machine"]["cores"] >= 1
    assert facts["machine"]["memory_bytes"] > 0
    assert facts["packages"]["numpy"]
