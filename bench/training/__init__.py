"""The speed of training: a step beside a bare loop, the loader beside a loop that decodes, memory over epochs."""
