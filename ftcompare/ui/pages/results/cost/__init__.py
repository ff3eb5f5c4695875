"""Cost: the prompts on which fine-tuning lost or gained clearly."""
