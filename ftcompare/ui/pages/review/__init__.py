"""Review: judged pairs, and the terms in each pair and over the study."""
