"""The study: a question is a pair of trainings, a training an experiment of DVC, an answer has an interval."""
