"""C2D and I3D as PyTorch programs write them, with torchvision's names and video-nonlocal-net's for the non-local blocks."""

import re

import torch
from torch import nn
from torch.nn import functional


class NonLocal(nn.Module):
    """The released non-local block: keys and values of a pooled map, softmax of scaled products, W_z with its batch norm."""

    def __init__(self, channels):
        super().__init__()
        self.inner = channels // 2
        self.theta = nn.Conv3d(channels, self.inner, 1)
        self.phi = nn.Conv3d(channels, self.inner, 1)
        self.g = nn.Conv3d(channels, self.inner, 1)
        self.out = nn.Conv3d(self.inner, channels, 1)
        self.bn = nn.BatchNorm3d(channels, eps=1.0000001e-5)

    def forward(self, x):
        pooled = functional.max_pool3d(x, (1, 2, 2))
        theta, phi, g = self.theta(x).flatten(2), self.phi(pooled).flatten(2), self.g(pooled).flatten(2)
        weights = functional.softmax(torch.matmul(theta.transpose(1, 2), phi) * self.inner**-0.5, dim=-1)
        y = torch.matmul(g, weights.transpose(1, 2))
        return x + self.bn(self.out(y.reshape(x.size(0), self.inner, *x.shape[2:])))


def conv(channels, outputs, times, side, stride=1):
    return nn.Conv3d(
        channels, outputs, (times, side, side), (1, stride, stride), (times // 2, side // 2, side // 2), bias=False)


class Basic(nn.Module):
    """Two 3×3 convolutions; the first over three frames where it is inflated."""

    expansion = 1

    def __init__(self, channels, planes, stride, times):
        super().__init__()
        self.conv1 = conv(channels, planes, max(times), 3, stride)
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = conv(planes, planes, 1, 3)
        self.bn2 = nn.BatchNorm3d(planes)
        if stride != 1 or channels != planes:
            self.downsample = nn.Sequential(conv(channels, planes, 1, 1, stride), nn.BatchNorm3d(planes))

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class Bottleneck(nn.Module):
    """1×1, 3×3, 1×1; the first or the second over three frames where it is inflated, the stride on the second."""

    expansion = 4

    def __init__(self, channels, planes, stride, times):
        super().__init__()
        self.conv1 = conv(channels, planes, times[0], 1)
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = conv(planes, planes, times[1], 3, stride)
        self.bn2 = nn.BatchNorm3d(planes)
        self.conv3 = conv(planes, 4 * planes, 1, 1)
        self.bn3 = nn.BatchNorm3d(4 * planes)
        if stride != 1 or channels != 4 * planes:
            self.downsample = nn.Sequential(conv(channels, 4 * planes, 1, 1, stride), nn.BatchNorm3d(4 * planes))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + (self.downsample(x) if hasattr(self, "downsample") else x))


class VideoResNet(nn.Module):
    """Wang et al. 2018 for 8 frames: only the pool after the first stage shortens time."""

    def __init__(self, block, blocks, planes, stem, kernel, classes, inflation=(1, 1), attention=(), first_pool=True):
        super().__init__()
        self.first_pool = first_pool
        self.conv1 = nn.Conv3d(3, stem, kernel, (1, 2, 2), [length // 2 for length in kernel], bias=False)
        self.bn1 = nn.BatchNorm3d(stem)
        channels = stem
        for stage, count in enumerate(blocks):
            layers = nn.Sequential()
            for number in range(count):
                inflated = stage == 0 or (number % 2 == 0) == (stage < 3)
                stride = 2 if number == 0 and stage > 0 else 1
                layers.add_module(str(number), block(channels, planes[stage], stride, inflation if inflated else (1, 1)))
                channels = planes[stage] * block.expansion
                if (stage + 1, number) in attention:
                    layers.add_module(f"nl{number}", NonLocal(channels))
            setattr(self, f"layer{stage + 1}", layers)
        self.stages = len(blocks)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        if self.first_pool:
            x = functional.max_pool3d(x, (1, 3, 3), (1, 2, 2), (0, 1, 1))
        x = functional.max_pool3d(self.layer1(x), (2, 1, 1))
        for stage in range(1, self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(x.mean((2, 3, 4)))


FIVE = {True: [(2, 0), (2, 1), (3, 0), (3, 1), (3, 2)], False: [(2, 1), (2, 3), (3, 1), (3, 3), (3, 5)]}


def create(name):
    """A network by our registry's name, without dropout."""
    kind, depth, window, count = re.fullmatch(r"(c2d|i3d)-(resnet50|small)(?:-(3x1x1|3x3x3))?(?:-nl(5))?", name).groups()
    small = depth == "small"
    inflation = {"c2d": (1, 1), "i3d": (1, 3) if window == "3x3x3" else (3, 1)}[kind]
    attention = FIVE[small] if count else ()
    if small:
        return VideoResNet(
            Basic, [2, 2, 3], [16, 32, 64], 16, (max(inflation), 5, 5), 10, inflation, attention, first_pool=False)
    kernel = (1 if kind == "c2d" else 5, 7, 7)
    return VideoResNet(Bottleneck, [3, 4, 6, 3], [64, 128, 256, 512], 64, kernel, 400, inflation, attention)
