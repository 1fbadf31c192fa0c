"""PSNR and SSIM of every method on every picture, each at the h that is best for it."""

import numpy
from skimage.metrics import structural_similarity

import pictures

SIGMAS = [15, 25, 50]

# h / sigma: the same choice for all.
GRID = [round(0.05 * i, 2) for i in range(1, 41)]


def measure(read, noise, methods, most, results, save, say):
    """
    Adds {picture, sigma, method, h, psnr, ssim} to the results, h divided by sigma, and saves them after each set, sigma and method;
    what is there already is not measured again.
    """
    for name in pictures.SETS:
        images = read(name)[:most]
        for sigma in SIGMAS:
            noisy = [noise.add(clean, sigma) for _, clean in images]
            for method, denoise in methods.items():
                if any((result["method"], result["sigma"], result["picture"]) == (method, sigma, images[-1][0]) for result in results):
                    continue
                known = [result["h"] for result in results if (result["method"], result["sigma"]) == (method, sigma)]
                h, denoised = best(images, noisy, sigma, denoise, known)
                measured = [
                    {"picture": image, "sigma": sigma, "method": method, "h": h, "psnr": psnr(result, clean), "ssim": ssim(result, clean)}
                    for (image, clean), result in zip(images, denoised)]
                results += measured
                save(results)
                say(f"{name}, sigma {sigma}, {method}: h = {h} sigma, {numpy.mean([result['psnr'] for result in measured]):.2f} dB")


def best(images, noisy, sigma, denoise, known):
    """
    The grid's h with the highest mean PSNR over a set, and the results. Uphill from the middle, in steps of 0.2, 0.1 and 0.05, or from what
    was best for the set before, in steps of 0.1 and 0.05: PSNR has one top over h.
    """
    tried = {}

    def mean(index):
        if not 0 <= index < len(GRID):
            return -numpy.inf
        if index not in tried:
            denoised = [denoise(picture, sigma, GRID[index] * sigma) for picture in noisy]
            tried[index] = numpy.mean([psnr(result, clean) for (_, clean), result in zip(images, denoised)]), denoised
        return tried[index][0]

    at = GRID.index(known[-1] if known else 0.7)
    for step in (2, 1) if known else (4, 2, 1):
        while mean(better := max((at - step, at + step), key=mean)) > mean(at):
            at = better
    return GRID[at], tried[at][1]


def psnr(result, clean):
    """Of the result clipped to 0 … 1, over the whole picture, borders too."""
    return float(-10 * numpy.log10(numpy.mean((numpy.clip(result, 0, 1).astype(float) - clean) ** 2)))


def ssim(result, clean):
    """As Wang, Bovik, Sheikh and Simoncelli (2004) define it."""
    return float(structural_similarity(
        numpy.clip(result, 0, 1).astype(float), clean.astype(float), data_range=1, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, channel_axis=pictures.channel_axis(clean)))
