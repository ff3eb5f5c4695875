"""Setting up a study: systems, prompts, glossary, rating, plan and consent."""
