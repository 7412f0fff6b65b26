"""DeepfakeBench's labels: what each says of a video, and which one says it; shared by reading and writing its lists."""

import re
from collections.abc import Callable

from unmask.index.entry import FAKE, REAL
from unmask.index.names import Named, celeb_df, deeperforensics, dfd, dfdc, dfdc_preview, faceforensics, uadfv

# Methods of the labels that are not `<method>_Fake` or `<anything>_Real`
# (https://github.com/SCLBD/DeepfakeBench, `label_dict` in training/config/test_config.yaml).
METHODS = {
    "FF-DF": "Deepfakes",
    "FF-F2F": "Face2Face",
    "FF-FS": "FaceSwap",
    "FF-NT": "NeuralTextures",
    "FF-SH": "FaceShifter",
    "FF-FH": "FaceShifter",
    "DFD_fake": "DeepFakeDetection",
    "CelebDFv1_fake": "Celeb-synthesis",
    "CelebDFv2_fake": "Celeb-synthesis",
    "DFDC_Fake": "dfdc",
    "DFDCP_FakeA": "A",
    "DFDCP_FakeB": "B",
    "DF_fake": "end_to_end",
    "UADFV_Fake": "FakeApp",
}
# Labels of real videos by the data set that their people come from.
REALS = {
    "faceforensics": "FF-real",
    "dfd": "DFD_real",
    "celeb_df": "CelebDFv2_real",
    "dfdc": "DFDC_Real",
    "dfdc_preview": "DFDCP_Real",
    "uadfv": "UADFV_Real",
}
# How the videos of a label are named; of others the path of their pictures tells.
NAMES: dict[str, Callable[[str], Named | None]] = {
    "FF-": faceforensics,
    "DFD_": dfd,
    "CelebDF": celeb_df,
    "DF_fake": deeperforensics,
    "DFDC_": dfdc,
    "DFDCP_": dfdc_preview,
    "UADFV": uadfv,
}
PATHS: dict[str, Callable[[str], Named | None]] = {
    "ff": faceforensics,
    "youtube": faceforensics,
    "cdf": celeb_df,
    "celeb-real": celeb_df,
    "youtube-real": celeb_df,
}
# Folders that name a person, or those in it as one group.
FOLDERS = {r"source_videos/([MW]\d{3})/": "deeperforensics", r"dfdc_train_(part_\d+)/": "dfdc"}


def meaning(label: str) -> tuple[int, str] | None:
    """Tell what a label means: 0 or 1, and the method of a fake; None if it is no label of DeepfakeBench.

    Example:
        >>> meaning("FF-NT"), meaning("simswap_Fake"), meaning("FF-real"), meaning("other")
        ((1, 'NeuralTextures'), (1, 'simswap'), (0, ''), None)
    """
    if label in METHODS:
        return FAKE, METHODS[label]
    match = re.fullmatch(r"(.*)[_-](real|fake)", label, re.IGNORECASE)
    if match is None:
        return None
    return (FAKE, match[1]) if match[2].lower() == "fake" else (REAL, "")


def label_of(label: int, method: str, namespace: str) -> str:
    """Choose the label that means a method, or a real video of the people of some data set.

    Example:
        >>> label_of(1, "NeuralTextures", "faceforensics"), label_of(1, "mine", "x"), label_of(0, "", "x")
        ('FF-NT', 'mine_Fake', 'x_Real')
    """
    if label == REAL:
        return REALS.get(namespace, f"{namespace}_Real")
    return next((name for name, known in reversed(METHODS.items()) if known == method), f"{method}_Fake")


def people(label: str, video: str, folder: str) -> Named | None:
    """Find who is in a video by its name or its folder, as its data set forms them; None if nothing tells.

    Example:
        >>> people("DFDC_Fake", "abarnvbtwb", "DFDC/train/dfdc_train_part_12/frames/abarnvbtwb").people
        ('dfdc:part_12',)
    """
    match = next((match for pattern in FOLDERS if (match := re.search(pattern, folder))), None)
    if match is not None:
        return Named((f"{FOLDERS[match.re.pattern]}:{match[1]}",), video)
    reader = next((reader for start, reader in NAMES.items() if label.startswith(start)), None)
    if reader is None:
        parts = folder.lower().split("/")[:-1]
        reader = next((PATHS[part] for part in reversed(parts) if part in PATHS), None)
    return reader(video) if reader is not None else None
