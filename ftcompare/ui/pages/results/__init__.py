"""The results page: the sentence, the charts, whether they can be trusted."""
