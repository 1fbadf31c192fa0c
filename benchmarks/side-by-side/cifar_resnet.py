"""The residual networks for CIFAR-10 as PyTorch programs write them."""

from torch import nn
from torch.nn import functional


class CifarBlock(nn.Module):
    """Two convolutions; where the map shrinks, the shortcut takes every second position and pads channels with zeros (option A)."""

    def __init__(self, channels, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shrinks = stride != 1
        self.padding = (planes - channels) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.shrinks:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.padding, self.padding))
        return functional.relu(y + x)


class CifarResNet(nn.Module):
    """He et al. 2016 for CIFAR-10, with the names of akamaster/pytorch_resnet_cifar10."""

    def __init__(self, blocks, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self.stage(16, 16, blocks, 1)
        self.layer2 = self.stage(16, 32, blocks, 2)
        self.layer3 = self.stage(32, 64, blocks, 2)
        self.linear = nn.Linear(64, classes)

    @staticmethod
    def stage(channels, planes, blocks, stride):
        return nn.Sequential(CifarBlock(channels, planes, stride), *[CifarBlock(planes, planes, 1) for _ in range(blocks - 1)])

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))
