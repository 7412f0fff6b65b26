"""RetinaFace: answers are decoded as by the library, weights come from files of three kinds, the ONNX file agrees."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from retinaface.box_utils import decode, decode_landm, encode
from retinaface.prior_box import priorbox
from safetensors.torch import load_file, save_file
from stills import OPTIONS, detector, options, picture

from unmask import params
from unmask.detect import retina_torch
from unmask.detect.detector import Options, build
from unmask.detect.params import Params, choose
from unmask.detect.retina import Answers, Colours, boxes_of, find, landmarks_of, priors
from unmask.detect.retina import Options as RetinaOptions
from unmask.errors import DataError, ParamsError
from unmask.hashing import file_sha256

SIZES, STEPS = [[16, 32], [64, 128], [256, 512]], [8, 16, 32]
BLANK = Colours((0, 0, 0), (1, 1, 1), bgr=False)
RETINA = RetinaOptions(name="any", min_face=0.1, side=640, score=0.5, overlap=0.4)


# Decoding, against the library ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(32, 32), (64, 160), (416, 640)])
def test_priors_are_those_of_the_library(shape: tuple[int, int]) -> None:
    known = priorbox(SIZES, STEPS, clip=False, image_size=shape).numpy()
    ours = priors(*shape)
    scale = np.array([shape[1], shape[0]])
    np.testing.assert_allclose(ours[:, :2], known[:, :2] * scale, rtol=1e-5)
    np.testing.assert_allclose(ours[:, [2, 2]], known[:, 2:] * scale, rtol=1e-5)


def test_decoding_is_that_of_the_library() -> None:
    shape = (64, 160)
    known = priorbox(SIZES, STEPS, clip=False, image_size=shape)
    scale, rng = np.array([shape[1], shape[0]]), np.random.default_rng(0)
    boxes, points = (rng.normal(size=(len(known), width)).astype(np.float32) for width in (4, 10))
    theirs = decode(torch.from_numpy(boxes), known, [0.1, 0.2]).numpy() * np.tile(scale, 2)
    np.testing.assert_allclose(boxes_of(boxes, priors(*shape)), theirs, rtol=1e-4, atol=1e-3)
    places = decode_landm(torch.from_numpy(points), known, [0.1, 0.2]).numpy() * np.tile(scale, 5)
    np.testing.assert_allclose(landmarks_of(points, priors(*shape)).reshape(-1, 10), places, rtol=1e-4, atol=1e-3)


def test_a_planted_face_comes_back_where_it_was_put() -> None:
    frame = np.zeros((1280, 960, 3), np.uint8)
    box, points = np.array([200, 300, 420, 560], np.float32), np.arange(10, dtype=np.float32).reshape(5, 2) * 20 + 250

    def network(seen: Any) -> Answers:
        assert seen.shape == (1, 3, 640, 480)
        known = priors(640, 480)
        shares = np.c_[known[:, :2] / (480, 640), known[:, 2:] / (480, 640)].astype(np.float32)
        target = np.tile((box / 2 / (480, 640, 480, 640)).astype(np.float32), (len(known), 1))
        answers = encode(torch.from_numpy(target), torch.from_numpy(shares), [0.1, 0.2]).numpy()
        # The centre of pixel x lies at x + 1/2.
        places = ((points + 0.5) / 2 - known[:, None, :2]) / (0.1 * known[:, None, 2:])
        scores = np.linspace(0, 0.9, len(known), dtype=np.float32)
        return Answers(answers[None], places.reshape(1, -1, 10).astype(np.float32), scores[None])

    (faces,) = find([frame], network, RETINA, BLANK)
    assert len(faces) == 1
    assert faces.scores[0] == pytest.approx(0.9)
    np.testing.assert_allclose(faces.boxes[0], box, atol=0.01)
    np.testing.assert_allclose(faces.landmarks[0], points, atol=0.01)


def test_colours_and_filling() -> None:
    frame = np.array([[[10, 20, 30]]], np.uint8)

    def network(seen: Any) -> Answers:
        assert seen.shape == (1, 3, 32, 32)
        assert seen[0, :, 0, 0].tolist() == [14.5, 9.0, 3.0]
        assert np.count_nonzero(seen) == 3
        count = len(priors(32, 32))
        zeros = [np.zeros((1, count, *rest), np.float32) for rest in ((4,), (10,), ())]
        return Answers(*zeros)

    (faces,) = find([frame], network, RETINA, Colours((1, 2, 4), (2, 2, 2), bgr=True))
    assert len(faces) == 0


def test_an_input_of_fixed_size_takes_every_frame() -> None:
    shapes = []

    def network(seen: Any) -> Answers:
        shapes.append(seen.shape)
        count = len(priors(*seen.shape[2:]))
        return Answers(*(np.zeros((len(seen), count, *rest), np.float32) for rest in ((4,), (10,), ())))

    for shape in ((100, 100), (30, 900), (900, 30)):
        find([np.zeros((*shape, 3), np.uint8)] * 2, network, RETINA, BLANK, size=(96, 160))
    assert shapes == [(2, 3, 96, 160)] * 3


# Weights --------------------------------------------------------------------------------------------------------------


def resnet(path: Path, **changed: Any) -> Options:
    given, _ = OPTIONS["retinaface"]
    return choose(given | {"body": "resnet50", "weights": str(path), "sha256": file_sha256(path)} | changed)


@pytest.fixture(scope="module")
def random(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write random weights of the library's own network as it would write them."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet50.pth"
    torch.save(retina_torch._network("resnet50").state_dict(), path)
    return path


def test_resnet_runs_and_files_of_all_kinds_give_the_same(random: Path, tmp_path: Path) -> None:
    save_file(torch.load(random, weights_only=True), tmp_path / "resnet50.safetensors")
    with zipfile.ZipFile(tmp_path / "resnet50.zip", "w") as archive:
        archive.write(random, "resnet50.pth")
    frames = list(np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8))
    paths = (random, tmp_path / "resnet50.safetensors", tmp_path / "resnet50.zip")
    found = [build(resnet(path, score=0.01, min_face=0.005))(frames) for path in paths]
    assert len(found[0][0]) > 0
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one.boxes, two.boxes)


def test_download_is_checked_and_kept(random: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "published.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(random, "resnet50.pth")
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    monkeypatch.setattr(retina_torch, "URL", archive.as_uri())
    short = file_sha256(archive)[:9]
    with pytest.raises(DataError, match="cannot be had: invalid hash value"):
        build(resnet(random, weights="download", sha256="0" * 9))
    build(resnet(random, weights="download", sha256=short))
    archive.unlink()
    build(resnet(random, weights="download", sha256=short))
    with pytest.raises(DataError, match="is not the file"):
        build(resnet(random, weights="download", sha256="0" * 9))


def test_code_in_a_file_is_never_run(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "harm",)

    buffer = io.BytesIO()
    torch.save(Harm(), buffer)
    path = tmp_path / "weights.pth"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match="holds no weights that can be read"):
        build(resnet(path))
    assert not (tmp_path / "harm").exists()


def test_weights_of_the_other_body_are_refused(shared: Path) -> None:
    with pytest.raises(DataError, match="are not those of `body`"):
        build(choose(options("retinaface", shared, body="resnet50")))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"weights": "download", "sha256": "0" * 9}, "`weights: download` is there for `body: resnet50` alone"),
        ({"sha256": "0" * 9}, "`sha256` must have 64 digits for a file"),
        ({"weights": "model.pkl"}, "`detect.detector.weights`"),
        ({"score": 1.5}, "`detect.detector.score`"),
    ],
)
def test_wrong_options_are_named(changed: dict[str, Any], expected: str) -> None:
    given, _ = OPTIONS["retinaface"]
    values = given | {"weights": "a.pth", "sha256": "0" * 64} | changed
    with pytest.raises(ParamsError) as caught:
        params.parse(
            Params,
            {"detector": values, "batch": 1, "paired": "own", "track_iou": 0.1},
            Path("params.yaml"),
            ("detect",),
        )
    assert expected in str(caught.value)


# The two ways to the same network -------------------------------------------------------------------------------------


def test_the_onnx_file_finds_the_same(shared: Path) -> None:
    pytest.importorskip("onnxruntime")
    image = picture(shared / "data/stills/data_images_t1.jpg")
    (one,), (two,) = (detector(name, shared)([image]) for name in ("retinaface", "retinaface_onnx"))
    assert len(one) == len(two) >= 4
    for first, second in ((one.boxes, two.boxes), (one.landmarks, two.landmarks)):
        np.testing.assert_allclose(first, second, atol=0.1)
    np.testing.assert_allclose(one.scores, two.scores, atol=1e-3)


def test_the_small_body_takes_every_published_tensor(shared: Path) -> None:
    tensors = load_file(shared / "weights/retinaface_mobilenet0.25.safetensors")
    own = retina_torch._network("mobilenet0.25").state_dict()
    assert {name: tensor.shape for name, tensor in tensors.items()} == {n: t.shape for n, t in own.items()}
