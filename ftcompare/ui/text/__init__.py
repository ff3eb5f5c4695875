"""Text of models and people shown safely: plain or Markdown, marked, shaded."""
