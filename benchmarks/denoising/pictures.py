"""Clean pictures, and the same with noise."""

import glob
import os

import cv2
import numpy


class Noise:
    """One field of noise of deviation 1, the same for every picture."""

    def __init__(self, folder):
        self.field = numpy.load(os.path.join(folder, "unit_noise_512x512_float32.npy"))

    def add(self, clean, sigma):
        """clean + sigma · field, not clipped; sigma on the scale of 0 to 255."""
        height, width = clean.shape
        return (clean + sigma / 255 * self.field[:height, :width]).astype(numpy.float32)


def read(folder, name):
    """The pictures of one set: [(name, samples from 0 to 1)]."""
    paths = sorted(glob.glob(os.path.join(folder, name, "*.png")))
    if not paths:
        raise SystemExit(f"{os.path.join(folder, name)}: no PNG files, expected the clean pictures")
    return [(f"{name}/{os.path.basename(path)[:-4]}", cv2.imread(path, cv2.IMREAD_GRAYSCALE).astype(numpy.float32) / 255) for path in paths]


def bytes_of(noisy):
    """Clipped and rounded to 8 bits, which is all that OpenCV takes."""
    return numpy.clip(numpy.rint(noisy * 255), 0, 255).astype(numpy.uint8)
