"""Sessions of onnxruntime: one thread each, on the GPU where the installed onnxruntime has one."""

import onnxruntime

# First choice first.
PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
ERRORS = 3


def session(model: bytes) -> onnxruntime.InferenceSession:
    """Load an ONNX model.

    Raises:
        Exception: Of onnxruntime, whose exceptions have no common base: it is no model that it can run.
    """
    settings = onnxruntime.SessionOptions()
    # Workers are as many as there are cores, and another number of threads may change the last bits.
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = ERRORS
    return onnxruntime.InferenceSession(model, settings, providers=providers())


def providers() -> list[str]:
    """List where a session may run, first choice first."""
    there = onnxruntime.get_available_providers()
    return [name for name in PROVIDERS if name in there]
