"""The attention blocks beside the non-local block, literally by their formulas; parameters have the published names."""

import torch
from torch import nn
from torch.nn import functional


def rows_of(x):
    """(batch, channels, height, width) as (batch, positions, channels)."""
    return x.flatten(2).transpose(1, 2)


def map_of(rows, like):
    """(batch, positions, channels) as a map with the height and width of another."""
    return rows.transpose(1, 2).reshape(like.size(0), -1, *like.shape[2:])


def conv(channels, outputs, bias=True):
    return nn.Conv2d(channels, outputs, 1, bias=bias)


def norm_relu(channels):
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())


class SpectralNonLocal(nn.Module):
    """Zhu et al. 2021, as zh460045050/SNL_ICCV2021: X + relu(BN(Z W1 + A Z W2)), A symmetric and normalised."""

    class Unit(nn.Module):
        def __init__(self, channels, inner):
            super().__init__()
            self.g = conv(channels, inner, bias=False)
            self.bn = nn.BatchNorm2d(channels)
            self.w_1 = conv(inner, channels, bias=False)
            self.w_2 = conv(inner, channels, bias=False)

        def forward(self, x, affinity):
            g = self.g(x)
            mixed = map_of(torch.matmul(affinity, rows_of(g)), x)
            return functional.relu(self.bn(self.w_1(g) + self.w_2(mixed))) + x

    def __init__(self, channels):
        super().__init__()
        self.t = conv(channels, channels // 2, bias=False)
        self.p = conv(channels, channels // 2, bias=False)
        self.stages = nn.ModuleList([self.Unit(channels, channels // 2)])

    def forward(self, x):
        t, p = rows_of(functional.relu(self.t(x))), rows_of(functional.relu(self.p(x)))
        pairs = torch.matmul(t, p.transpose(1, 2))
        pairs = (pairs + pairs.transpose(1, 2)) / 2
        degrees = pairs.sum(2)
        roots = torch.where(degrees > 0, degrees.rsqrt(), torch.zeros_like(degrees))
        affinity = roots.unsqueeze(2) * pairs * roots.unsqueeze(1)
        for unit in self.stages:
            x = unit(x, affinity)
        return x


class GlobalContext(nn.Module):
    """Cao et al. 2019, as xvjiarui/GCNet: one softmax over all positions, a bottleneck with a layer norm, added."""

    def __init__(self, channels, ratio=1 / 16):
        super().__init__()
        planes = int(channels * ratio)
        self.conv_mask = conv(channels, 1)
        self.channel_add_conv = nn.Sequential(
            conv(channels, planes), nn.LayerNorm([planes, 1, 1]), nn.ReLU(), conv(planes, channels))

    def forward(self, x):
        weights = self.conv_mask(x).flatten(2).softmax(2)
        context = torch.matmul(x.flatten(2), weights.transpose(1, 2)).unsqueeze(3)
        return x + self.channel_add_conv(context)


class SqueezeExcitation(nn.Module):
    """Hu et al. 2018: a gate for each channel from the mean of all positions."""

    def __init__(self, channels, reduction=16):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // reduction, bias=False), nn.ReLU(), nn.Linear(channels // reduction, channels, bias=False))

    def forward(self, x):
        return x * self.fc(x.mean((2, 3))).sigmoid()[:, :, None, None]


class CrissCross(nn.Module):
    """Huang et al. 2019, as the pure PyTorch form of speedinghzl/CCNet: row and column, one softmax, the own position once."""

    def __init__(self, channels):
        super().__init__()
        self.query_conv = conv(channels, channels // 8)
        self.key_conv = conv(channels, channels // 8)
        self.value_conv = conv(channels, channels)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        query, key, value = self.query_conv(x), self.key_conv(x), self.value_conv(x)
        height = x.size(2)
        own = torch.diag(torch.full((height,), float("-inf")))
        column = torch.einsum("bchw,bciw->bhwi", query, key) + own[:, None, :]
        row = torch.einsum("bchw,bchj->bhwj", query, key)
        weights = torch.cat([column, row], 3).softmax(3)
        y = torch.einsum("bciw,bhwi->bchw", value, weights[..., :height]) + torch.einsum("bchj,bhwj->bchw", value, weights[..., height:])
        return self.gamma * y + x


class DoubleAttention(nn.Module):
    """Chen et al. 2018: descriptors gathered from all positions and handed out again, with names of nguyenvo09."""

    def __init__(self, channels):
        super().__init__()
        self.convA = conv(channels, channels // 4)
        self.convB = conv(channels, channels // 4)
        self.convV = conv(channels, channels // 4)
        self.conv_reconstruct = conv(channels // 4, channels)

    def forward(self, x):
        features = self.convA(x).flatten(2)
        gathering = self.convB(x).flatten(2).softmax(2)
        handing = self.convV(x).flatten(2).softmax(1)
        descriptors = torch.matmul(features, gathering.transpose(1, 2))
        y = torch.matmul(descriptors, handing).reshape(x.size(0), -1, *x.shape[2:])
        return x + self.conv_reconstruct(y)


class ExpectationMaximization(nn.Module):
    """Li et al. 2019, as XiaLiPKU/EMANet: every position described by 64 bases, three steps without gradient."""

    def __init__(self, channels, bases=64, steps=3):
        super().__init__()
        self.steps = steps
        self.register_buffer("mu", torch.zeros(1, channels, bases))
        self.conv1 = conv(channels, channels)
        self.conv2 = nn.Sequential(conv(channels, channels, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        features = self.conv1(x).flatten(2)
        mu = self.mu.repeat(x.size(0), 1, 1)
        with torch.no_grad():
            for _ in range(self.steps):
                shares = torch.matmul(features.transpose(1, 2), mu).softmax(2)
                mu = torch.matmul(features, shares / (1e-6 + shares.sum(1, keepdim=True)))
                mu = mu / (1e-6 + mu.norm(dim=1, keepdim=True))
        y = functional.relu(torch.matmul(mu, shares.transpose(1, 2)).reshape(x.shape))
        return functional.relu(self.conv2(y) + x)


class InterlacedSparse(nn.Module):
    """Huang et al. 2019 (ISANet), as openseg-group/openseg.pytorch: far positions, then near ones, joined with the input."""

    class Attention(nn.Module):
        def __init__(self, channels, keys):
            super().__init__()
            self.f_key = self.embedding(channels, keys)
            self.f_query = self.embedding(channels, keys)
            self.f_value = conv(channels, channels, bias=False)
            self.W = nn.Sequential(conv(channels, channels, bias=False), norm_relu(channels))

        @staticmethod
        def embedding(channels, keys):
            return nn.Sequential(conv(channels, keys, bias=False), norm_relu(keys), conv(keys, keys, bias=False), norm_relu(keys))

        def forward(self, x):
            query, key, value = rows_of(self.f_query(x)), self.f_key(x).flatten(2), rows_of(self.f_value(x))
            weights = (torch.matmul(query, key) * key.size(1) ** -0.5).softmax(2)
            return self.W(map_of(torch.matmul(weights, value), x))

    class Stage(nn.Module):
        def __init__(self, channels, keys, parts):
            super().__init__()
            self.parts = parts
            self.long_range_sa = InterlacedSparse.Attention(channels, keys)
            self.short_range_sa = InterlacedSparse.Attention(channels, keys)

        def forward(self, x):
            batch, channels, height, width = x.shape
            parts, rows, columns = self.parts, height // self.parts, width // self.parts
            x = x.reshape(batch, channels, rows, parts, columns, parts)
            x = self.long_range_sa(x.permute(0, 3, 5, 1, 2, 4).reshape(-1, channels, rows, columns))
            x = x.reshape(batch, parts, parts, channels, rows, columns)
            x = self.short_range_sa(x.permute(0, 4, 5, 3, 1, 2).reshape(-1, channels, parts, parts))
            x = x.reshape(batch, rows, columns, channels, parts, parts)
            return x.permute(0, 3, 1, 4, 2, 5).reshape(batch, channels, height, width)

    def __init__(self, channels, keys=256, parts=8):
        super().__init__()
        self.stages = nn.ModuleList([self.Stage(channels, keys, parts)])
        self.conv_bn = nn.Sequential(conv(2 * channels, channels, bias=False), norm_relu(channels))

    def forward(self, x):
        return self.conv_bn(torch.cat([x, self.stages[0](x)], 1))


class AsymmetricPyramid(nn.Module):
    """Zhu et al. 2019 (APNB), as MendelXu/ANN: every position reads 110 averages, joined with the input."""

    SIZES = (1, 3, 6, 8)

    class Stage(nn.Module):
        def __init__(self, channels, keys):
            super().__init__()
            self.f_value = conv(channels, keys)
            self.f_key = nn.Sequential(conv(channels, keys), norm_relu(keys))
            self.f_query = self.f_key
            self.W = conv(keys, channels)

        def forward(self, x):
            query, keys, values = rows_of(self.f_query(x)), self.pyramid(self.f_key(x)), self.pyramid(self.f_value(x))
            weights = (torch.matmul(query, keys) * keys.size(1) ** -0.5).softmax(2)
            return self.W(map_of(torch.matmul(weights, values.transpose(1, 2)), x))

        @staticmethod
        def pyramid(x):
            return torch.cat([functional.adaptive_avg_pool2d(x, size).flatten(2) for size in AsymmetricPyramid.SIZES], 2)

    def __init__(self, channels, keys=256):
        super().__init__()
        self.stages = nn.ModuleList([self.Stage(channels, keys)])
        self.conv_bn_dropout = nn.Sequential(conv(2 * channels, channels), norm_relu(channels))

    def forward(self, x):
        return self.conv_bn_dropout(torch.cat([self.stages[0](x), x], 1))


class PositionAttention(nn.Module):
    """Fu et al. 2019 (DANet's position half), as junfu1115/DANet: softmax over all positions, times a learned number."""

    def __init__(self, channels):
        super().__init__()
        self.query_conv = conv(channels, channels // 8)
        self.key_conv = conv(channels, channels // 8)
        self.value_conv = conv(channels, channels)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        weights = torch.matmul(rows_of(self.query_conv(x)), self.key_conv(x).flatten(2)).softmax(2)
        return self.gamma * map_of(torch.matmul(weights, rows_of(self.value_conv(x))), x) + x


BLOCKS = {
    "spectral-non-local": SpectralNonLocal,
    "global-context": GlobalContext,
    "squeeze-excitation": SqueezeExcitation,
    "criss-cross": CrissCross,
    "double-attention": DoubleAttention,
    "expectation-maximization": ExpectationMaximization,
    "interlaced-sparse": InterlacedSparse,
    "asymmetric-pyramid": AsymmetricPyramid,
    "position-attention": PositionAttention,
}


def create(name, channels):
    """The block of a name of the attention registry."""
    return BLOCKS[name](channels)
