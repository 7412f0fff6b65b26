"""One person under one light: every layer that a clip needs, drawn once."""

from dataclasses import dataclass

import numpy as np

from unmask.render.draw import eyes, hair, mouth, relief, skin, wear
from unmask.render.draw.canvas import Array, grid, mix, step
from unmask.render.draw.light import Light, shade
from unmask.render.person import Person

MOUTHS = 6  # pre-drawn stages from closed to wide open; frames blend neighbours
LIDS = 5  # stages from closed to open
LOOKS = 3  # left, ahead, right
FOLD = 40  # rows of the body's canvas that go on to and fro below it

# The rim of the inner face, on the right half, from the brow's middle to the chin; a portrait's points are the eye
# centres, the nose tip and the mouth corners, as MTCNN orders them, and then this rim.
RIM = np.array([[0.0, -0.52], [0.45, -0.62], [0.84, -0.42], [0.93, 0.05], [0.88, 0.55], [0.74, 1.02], [0.46, 1.42]])


@dataclass(frozen=True)
class Portrait:
    """Layers as premultiplied (H, W, 4) uint8 on the head's canvas.

    Attributes:
        head: face, hair and glasses with closed mouth and open eyes.
        mouths: areas `mouth.AREA` (MOUTHS, h, w, 4), closed first.
        eyes: areas `eyes.AREA` (LIDS, LOOKS, h, w, 4), closed first.
        back: hair behind the neck, or None.
        body: neck and clothes, on the body's canvas.
        depth: smooth height (H, W) float32 in eye distances, for turning the head.
        points: (N, 2) float64 in eye distances, mouth closed: five landmarks, then the rim of the inner face.
        person: who it is.
    """

    head: Array
    mouths: Array
    eyes: Array
    back: Array | None
    body: Array
    depth: Array
    points: Array
    person: Person


def _bytes(colour: Array, alpha: Array) -> Array:
    """Premultiplied uint8 layer of a colour (h, w, 3) and an opacity (h, w)."""
    layer = np.dstack([colour * alpha[..., None], alpha])
    packed: Array = (np.clip(layer, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return packed


def _ears(person: Person) -> tuple[Array, Array]:
    """Opacity and relief (H, W) of both ears."""
    u, v = grid()
    centre, wide, tall = person.face_width + 0.03, 0.13 * person.ears, 0.36 * person.ears
    level = ((np.abs(u) - centre + 0.12 * (v - 0.25)) / wide) ** 2 + ((v - 0.2) / tall) ** 2
    rim = 0.05 * np.exp(-(((level - 0.72) / 0.22) ** 2))
    return step(1.0 - level, 0.12), 0.10 * np.sqrt(np.clip(1 - level, 0, 1)) + rim


def _face(person: Person, light: Light) -> tuple[Array, Array, Array]:
    """Lit eyeless face with ears, beard, hair and brows (H, W, 3), its opacity (H, W) and smooth depth (H, W)."""
    shape, ears = relief.model(person), _ears(person)
    beard, strands = skin.beard(person)
    locks = hair.front(person)
    cover = hair.soften(locks.opacity)
    opacity = np.maximum(np.maximum(shape.inside, ears[0]), cover)
    cover = cover / np.maximum(opacity, 1e-3)  # no skin shows through the hair's own soft edge
    albedo = skin.colour(person)
    hairs = np.array(person.hair, np.float32)
    albedo = mix(albedo, hairs * np.clip(0.85 + 0.4 * strands, 0.2, 2.0)[..., None], beard)
    albedo = mix(albedo, hairs * 0.8, hair.soften(eyes.brows(person)))
    albedo = mix(albedo, np.clip(hairs * locks.tone[..., None], 0.01, 1.0), cover)
    height = np.maximum(shape.height, ears[1] * ears[0]) + skin.pores(person) * shape.inside * (1 - cover)
    height = height + locks.bump + 0.012 * beard * strands
    upper, lower = skin.lip_masks(person)
    gloss = (0.35 + 0.65 * person.oil) * (1 - beard) + 0.7 * lower + 0.3 * upper
    lit = shade(albedo.astype(np.float32), height.astype(np.float32), light, gloss * (1 - 0.6 * cover))
    return lit, hair.soften(opacity), shape.smooth


def _over(face: Array, layer: Array | None, area: tuple[slice, slice]) -> Array:
    """A part of the face with the glasses over it."""
    if layer is None:
        return face
    return mix(face, layer[area][..., :3], layer[area][..., 3])


def _back(person: Person, light: Light) -> Array | None:
    locks = hair.back(person)
    if locks is None:
        return None
    tone = np.clip(np.array(person.hair, np.float32) * locks.tone[..., None], 0.01, 1.0)
    dull = np.zeros_like(locks.opacity)
    lit = shade(tone.astype(np.float32), locks.bump.astype(np.float32), light, dull)
    return _bytes(lit, hair.soften(locks.opacity))


def _points(person: Person) -> Array:
    corner = [person.mouth_width, person.mouth_height - person.smile]
    five = [[-0.5, 0.0], [0.5, 0.0], [0.0, person.nose_length], [-corner[0], corner[1]], corner]
    rim = RIM * np.array([person.face_width / 1.07, 1.0])
    return np.concatenate([np.array(five), rim, rim[1:] * np.array([-1.0, 1.0])])


def _longer(body: Array) -> Array:
    """A body's layer (H, W, 4) continued by its lowest rows to and fro, for frames that show more than is drawn."""
    below = np.pad(body[-FOLD:], ((0, len(body) // 2), (0, 0), (0, 0)), mode="reflect")
    return np.concatenate([body[:-FOLD], below])


def draw(person: Person, light: Light, rng: np.random.Generator) -> Portrait:
    """Draws all layers of a clip.

    Args:
        person: who sits for it.
        light: the clip's light.
        rng: the clip's generator, for clothes.
    """
    lit, opacity, depth = _face(person, light)
    worn = wear.glasses(person)
    around = eyes.AREA
    lids = [
        [
            _bytes(
                _over(eyes.draw_eyes(lit[around], person, light, lid / (LIDS - 1), look - 1.0), worn, around),
                opacity[around],
            )
            for look in range(LOOKS)
        ]
        for lid in range(LIDS)
    ]
    whole = (slice(None), slice(None))
    head = _bytes(_over(lit, worn, whole), opacity)
    head[around] = lids[-1][1]
    below = np.dstack([lit, opacity])[mouth.AREA].astype(np.float32)
    mouths = [mouth.open_mouth(below, person, light, stage / (MOUTHS - 1)) for stage in range(MOUTHS)]
    return Portrait(
        head=head,
        mouths=np.stack([_bytes(image[..., :3], image[..., 3]) for image in mouths]),
        eyes=np.stack([np.stack(row) for row in lids]),
        back=_back(person, light),
        body=_longer((np.clip(wear.body(person, light, rng), 0, 1) * 255 + 0.5).astype(np.uint8)),
        depth=depth,
        points=_points(person),
        person=person,
    )
