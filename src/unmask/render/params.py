"""Parameters of the render step: which embedded corpora exist, and how each is drawn, forged and encoded."""

from typing import Annotated, Literal

from pydantic import Field, RootModel, model_validator

from unmask.params import Section

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Range = tuple[Positive, Positive]
Even = Annotated[int, Field(ge=64, le=1024, multiple_of=2)]
Count = Annotated[int, Field(ge=0, le=10_000)]


class Rendered(RootModel[list[str]]):
    """Names of the corpora that are rendered, in order."""


class Scene(Section):
    """How people of a corpus are lit and filmed."""

    eye_distance: Range
    turn: Annotated[float, Field(ge=0.0, le=0.35)]
    key_light: Range
    sky_light: Range
    light_side: Annotated[float, Field(ge=0.1, le=1.2)]
    colour_cast: Share
    softness: tuple[Annotated[float, Field(ge=0.0)], Positive]
    noise: Range
    grain: Annotated[float, Field(gt=0.0, le=3.0)]


class Corpus(Section):
    """What every rendered corpus has."""

    seed: Annotated[int, Field(ge=0)]
    width: Even
    height: Even
    fps: Annotated[int, Field(ge=1, le=120)]
    frames: tuple[Annotated[int, Field(ge=4)], Annotated[int, Field(ge=4)]]
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"]
    scene: Scene

    @model_validator(mode="after")
    def _ordered(self) -> "Corpus":
        ranges = {"frames": self.frames, **{name: value for name, value in self.scene if isinstance(value, tuple)}}
        for name, (low, high) in ranges.items():
            if low > high:
                raise ValueError(f"`{name}` must be [lowest, highest], not [{low}, {high}]")
        return self


class Pairs(Section):
    """Pairs of identities in each official split; each pair gives two people and, per method, two fakes."""

    train: Count
    val: Count
    test: Count


Method = Literal["Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures"]


class FaceForensics(Corpus):
    """A corpus laid out as FaceForensics++."""

    layout: Literal["faceforensics"]
    crf: Literal[23, 40]
    pairs: Pairs
    methods: Annotated[list[Method], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> "FaceForensics":
        if 2 * (self.pairs.train + self.pairs.val + self.pairs.test) > 1000:
            raise ValueError("`pairs` may not sum to more than 500: FaceForensics++ has the ids 000 to 999")
        return self


class CelebDf(Corpus):
    """A corpus laid out as Celeb-DF v2."""

    layout: Literal["celeb_df"]
    crf: Annotated[int, Field(ge=0, le=51)]
    people: Annotated[int, Field(ge=2, le=1000)]
    clips: Annotated[int, Field(ge=1, le=1000)]
    youtube: Count
    fakes: Count
    tested: Share

    @model_validator(mode="after")
    def _fits(self) -> "CelebDf":
        if self.fakes > self.people * self.clips * (self.people - 1):
            raise ValueError("`fakes` may not exceed people x clips x (people - 1): there are no more combinations")
        return self


class Params(RootModel[dict[str, Annotated[FaceForensics | CelebDf, Field(discriminator="layout")]]]):
    """Every rendered corpus by name."""
