"""A model that keeps what it generates."""


class Recorder:
    """Around a model of transformers; `rows` has the sequences without their padding."""

    def __init__(self, model):
        self._model = model
        self.rows = []

    def __getattr__(self, name):
        return getattr(self._model, name)

    def generate(self, token_ids, **arguments):
        sequences = self._model.generate(token_ids, **arguments)
        gaps = (arguments["attention_mask"] == 0).sum(1).tolist()
        self.rows += [row[gap:].tolist() for row, gap in zip(sequences, gaps, strict=True)]
        return sequences
