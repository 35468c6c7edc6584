"""The replicated softmax: documents as counts of words."""
