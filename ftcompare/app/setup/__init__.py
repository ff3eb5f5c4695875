"""What a study is made of before anything is written: systems, prompts, glossary, rating, plan, consent."""
