"""The ways to denoise that are compared, all with patches of 7x7 in windows of 21x21. Sigma and h are on the scale of 0 to 255."""

import json
import os
import subprocess

import cv2
import numpy
from skimage.restoration import denoise_nl_means

import pictures

PATCH_RADIUS = 3
SEARCH_RADIUS = 10
THREADS = 2

# Of our patchwise form, in pixels.
AGGREGATION_DEVIATION = 2.0
PATCH_DEVIATION = 5.0

# What it takes instead where the risk, which is estimated without the clean picture, is less: for texture that repeats in less than a patch.
# With a narrower Gaussian distances vary more, so h is greater in proportion.
NARROW_AGGREGATION_DEVIATION = 1.0
NARROW_PATCH_DEVIATION = 2.0
NARROW_H = 1.15

cv2.setNumThreads(THREADS)


class Ours:
    """A process of ours that waits for pictures."""

    def __init__(self, work):
        self.folder = work
        program = os.path.join(os.path.dirname(__file__), "..", "NonLocal.Benchmarks/bin/Release/net10.0/NonLocal.Benchmarks.dll")
        self.process = subprocess.Popen(
            ["dotnet", program, "denoise", str(THREADS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, noisy, sigma, h, aggregation, self_weight="LeastError", deviation=AGGREGATION_DEVIATION, patch_deviation=None,
            clipped=False, candidates=None, calls=1):
        """The denoised samples, and what the process says of its run."""
        source, target = os.path.join(self.folder, "noisy.f32"), os.path.join(self.folder, "denoised.f32")
        noisy.astype(numpy.float32).tofile(source)
        request = {
            "shape": [*noisy.shape[:2], pictures.channels(noisy)], "input": source, "output": target,
            "patch_radius": PATCH_RADIUS, "search_radius": SEARCH_RADIUS, "h": h / 255, "sigma": sigma / 255, "aggregation": aggregation, "self_weight": self_weight,
            "aggregation_deviation": deviation, "patch_deviation": patch_deviation, "clipped": clipped, "candidates": candidates,
            "calls": calls}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return numpy.fromfile(target, numpy.float32).reshape(noisy.shape), answer

    def patchwise(self, noisy, sigma, h):
        candidates = [
            {"h": h / 255, "patch_deviation": PATCH_DEVIATION, "aggregation_deviation": AGGREGATION_DEVIATION},
            {"h": NARROW_H * h / 255, "patch_deviation": NARROW_PATCH_DEVIATION, "aggregation_deviation": NARROW_AGGREGATION_DEVIATION}]
        return self.ask(noisy, sigma, h, "Patchwise", candidates=candidates)[0]

    def patchwise_of_the_article(self, noisy, sigma, h):
        return self.ask(noisy, sigma, h, "Patchwise", "LargestOther", None)[0]

    def pixelwise(self, noisy, sigma, h):
        return self.ask(noisy, sigma, h, "Pixelwise")[0]

    def patchwise_of_bytes(self, noisy, sigma, h):
        """From what OpenCV gets, and rounded like its result; told that noise was clipped."""
        noisy = pictures.bytes_of(noisy) / numpy.float32(255)
        denoised = self.ask(noisy, sigma, h, "Patchwise", patch_deviation=PATCH_DEVIATION, clipped=True)[0]
        return pictures.bytes_of(denoised) / 255


def skimage_fast(noisy, sigma, h):
    return skimage(noisy, sigma, h, True)


def skimage_slow(noisy, sigma, h):
    return skimage(noisy, sigma, h, False)


def skimage(noisy, sigma, h, fast_mode):
    return denoise_nl_means(
        noisy, patch_size=2 * PATCH_RADIUS + 1, patch_distance=SEARCH_RADIUS, h=h / 255, sigma=sigma / 255, fast_mode=fast_mode,
        channel_axis=pictures.channel_axis(noisy))


def opencv(noisy, sigma, h):
    """OpenCV knows no sigma."""
    return opencv_of_bytes(pictures.bytes_of(noisy), h) / 255


def opencv_of_bytes(noisy, h):
    return cv2.fastNlMeansDenoising(noisy, None, h, 2 * PATCH_RADIUS + 1, 2 * SEARCH_RADIUS + 1)
