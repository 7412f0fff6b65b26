"""Which namespaces a name `<namespace>:<name>` in somebody's own list may have, and what is wrong with one."""

import re
from collections.abc import Collection

# The data sets whose people layouts name; `youtube` names clips.
KNOWN = frozenset(
    {"faceforensics", "dfd", "celeb_df", "dfdc", "dfdc_preview", "deeperforensics", "fakeavceleb", "wilddeepfake"}
    | {"df40", "uadfv", "youtube", "deepfake_eval_2024"}
)
# People of FaceForensics++ are the numbers of its sequences.
SEQUENCE = re.compile(r"faceforensics:([0-9]{3})")


def sequence_of(name: str) -> str | None:
    """Give the number of a sequence of FaceForensics++, or None if the name is not of that form.

    Example:
        >>> sequence_of("faceforensics:071"), sequence_of("faceforensics:71")
        ('071', None)
    """
    match = SEQUENCE.fullmatch(name)
    return match[1] if match else None


def fault(name: str, corpora: Collection[str]) -> str | None:
    """Tell what is wrong with a name, if it has a namespace and anything is.

    Args:
        name: A name as it is written.
        corpora: Corpora whose names are namespaces too, the name's own first.

    Example:
        >>> fault("FaceForensics:71", ["mine"])
        'the identity `FaceForensics:71` has not the right form; write `faceforensics:071`.'
        >>> fault("faceforensics:071", ["mine"])
    """
    space, colon, rest = name.partition(":")
    if not colon or _allowed(name, corpora):
        return None
    slip = f"{space.strip().lower().replace('-', '_')}:{rest.strip()}"
    if re.fullmatch(r"faceforensics:[0-9]{1,2}", slip):
        slip = f"faceforensics:{rest.strip():0>3}"
    if _allowed(slip, corpora):
        return f"the identity `{name}` has not the right form; write `{slip}`."
    if slip.startswith("faceforensics:"):
        return f"the identity `{name}` has not the right form; people of FaceForensics++ are as `faceforensics:071`."
    spaces = ", ".join(dict.fromkeys([*corpora, *sorted(KNOWN)]))
    return f"the identity `{name}` should be `<data set>:<name>`, the data set one of {spaces}."


def _allowed(name: str, corpora: Collection[str]) -> bool:
    space, _, rest = name.partition(":")
    if space == "faceforensics":
        return sequence_of(name) is not None
    return (space in KNOWN or space in corpora) and bool(rest) and rest == rest.strip()
