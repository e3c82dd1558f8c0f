"""From evidence to verdict: criteria, their limits, and the judgement of a run. Measures nothing, renders nothing."""
