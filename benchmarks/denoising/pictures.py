"""Clean pictures, and the same with noise."""

import glob
import os

import cv2
import numpy

# Each set and the folder of its clean pictures.
SETS = {"set12": "set12", "bsd68": "bsd68", "kodak24": "kodak24", "cbsd68": "cbsd68/original_png"}
COLOUR = ["kodak24", "cbsd68"]


class Noise:
    """One field of noise of deviation 1, the same for every picture. Colours get it as it is, mirrored left to right, and upside down."""

    def __init__(self, folder):
        field = numpy.load(os.path.join(folder, "unit_noise_512x512_float32.npy"))
        self.field = numpy.stack([field, field[:, ::-1], field[::-1]], axis=-1)

    def add(self, clean, sigma):
        """clean + sigma · field, not clipped; sigma on the scale of 0 to 255."""
        height, width = clean.shape[:2]
        field = self.field[:height, :width]
        return (clean + sigma / 255 * (field if clean.ndim == 3 else field[..., 0])).astype(numpy.float32)


def read(folder, name):
    """The pictures of one set: [(name, samples from 0 to 1)], [height, width] or, with colour, [height, width, 3]."""
    paths = sorted(glob.glob(os.path.join(folder, SETS[name], "*.png")))
    if not paths:
        raise SystemExit(f"{os.path.join(folder, SETS[name])}: no PNG files, expected the clean pictures")
    kind = cv2.IMREAD_COLOR if name in COLOUR else cv2.IMREAD_GRAYSCALE
    return [(f"{name}/{os.path.basename(path)[:-4]}", cv2.imread(path, kind).astype(numpy.float32) / 255) for path in paths]


def channels(picture):
    return 1 if picture.ndim == 2 else picture.shape[-1]


def channel_axis(picture):
    """As scikit-image asks for it: which axis is colour, none where there is no colour."""
    return None if picture.ndim == 2 else -1


def bytes_of(noisy):
    """Clipped and rounded to 8 bits, which is all that OpenCV takes."""
    return numpy.clip(numpy.rint(noisy * 255), 0, 255).astype(numpy.uint8)
