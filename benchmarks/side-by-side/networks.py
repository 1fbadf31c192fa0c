"""The networks of the rows as PyTorch programs write them; parameters have the published names."""

import torch
from torch import nn
from torch.nn import functional

import attention_blocks
import video_resnet
from cifar_resnet import CifarResNet


class NonLocal(nn.Module):
    """Wang et al. 2018 as AlexHex7/Non-local_pytorch lays it out: the map of all pairs, softmax or division, W with its batch norm."""

    def __init__(self, channels, axes, pairwise="embedded-gaussian", subsample=False):
        super().__init__()
        conv = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[axes]
        norm = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}[axes]
        pool = {1: nn.MaxPool1d(2), 2: nn.MaxPool2d(2), 3: nn.MaxPool3d((1, 2, 2))}[axes]
        self.pairwise = pairwise
        self.inner = channels // 2
        self.g = conv(channels, self.inner, 1)
        self.W = nn.Sequential(conv(self.inner, channels, 1), norm(channels))
        self.theta = conv(channels, self.inner, 1)
        self.phi = conv(channels, self.inner, 1)
        if pairwise == "concatenation":
            self.concat_project = nn.Sequential(nn.Conv2d(2 * self.inner, 1, 1, bias=False), nn.ReLU())
        if subsample:
            self.g = nn.Sequential(self.g, pool)
            self.phi = nn.Sequential(self.phi, pool)

    def forward(self, x):
        batch = x.size(0)
        g = self.g(x).reshape(batch, self.inner, -1).permute(0, 2, 1)
        theta = self.theta(x).reshape(batch, self.inner, -1)
        phi = self.phi(x).reshape(batch, self.inner, -1)
        if self.pairwise == "concatenation":
            queries, keys = theta.size(2), phi.size(2)
            pairs = torch.cat(
                [theta.unsqueeze(3).repeat(1, 1, 1, keys), phi.unsqueeze(2).repeat(1, 1, queries, 1)], dim=1)
            weights = self.concat_project(pairs).reshape(batch, queries, keys) / keys
        else:
            scores = torch.matmul(theta.permute(0, 2, 1), phi)
            weights = functional.softmax(scores, dim=-1) if self.pairwise == "embedded-gaussian" else scores / phi.size(2)
        y = torch.matmul(weights, g).permute(0, 2, 1).reshape(batch, self.inner, *x.shape[2:])
        return self.W(y) + x


def create(row):
    """The network of a row of rows.json."""
    subject = row["subject"]
    shape = [int(length) for length in row["shape"].split("x")]
    if subject.startswith("cifar-resnet"):
        return CifarResNet((int(subject.removeprefix("cifar-resnet")) - 2) // 6)
    if subject.startswith("resnet"):
        import torchvision  # slow to import, and only these rows need it

        return getattr(torchvision.models, subject)(weights=None)
    if subject.startswith(("c2d", "i3d")):
        return video_resnet.create(subject)
    if subject == "non-local":
        return NonLocal(shape[-1], len(shape) - 2, row.get("pairwise", "embedded-gaussian"), row.get("subsample", False))
    return attention_blocks.create(subject, shape[-1])


def load(network, arrays):
    """Loads arrays by name; every name must match, and unit axes of 1×1 kernels may be more or fewer."""
    state = network.state_dict()
    network.load_state_dict({
        name: torch.from_numpy(array).reshape(state[name].shape) if name in state else torch.from_numpy(array)
        for name, array in arrays.items()
    })
    return network
