"""Review: judged pairs to read, and the terms in them and over the study."""
