"""
Trains the CIFAR ResNets in PyTorch by the numbers of our recipe, to lay its curve over ours: the same network, pictures, augmentation,
optimiser and schedule, and from the same first weights where they are given. Orders and crops are random on both sides, so curves agree
as runs with other seeds do, not digit by digit.

Needs PyTorch, NumPy and Pillow (Debian: python3-torch python3-pil). The defaults are those of recipes/cifar10-resnet20.yaml:

    python3 benchmarks/study/pytorch_cifar.py --train train.tar.gz --test test.tar.gz --epochs 8 --output pytorch.csv

A data set is a folder or a .tar(.gz) of class folders with pictures of one size; classes are numbered in the order of their names.
"""

import argparse
import csv
import io
import math
import os
import sys
import tarfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "side-by-side"))

import numpy  # noqa: E402 (the path must be set before)
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

import safetensors_file  # noqa: E402
from cifar_resnet import CifarResNet  # noqa: E402

MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    train, test = read_pictures(options.train, options.limit), read_pictures(options.test, options.limit)
    network = CifarResNet((options.depth - 2) // 6, classes=int(train[1].max()) + 1)
    initialise(network, options.weights)
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=options.rate, momentum=options.momentum, nesterov=options.nesterov, weight_decay=options.weight_decay)
    steps = len(train[1]) // options.batch
    with open(options.output, "w", newline="") as file:
        log = csv.writer(file)
        log.writerow(["epoch", "train_loss", "test_loss", "test_accuracy", "seconds"])
        for epoch in range(options.epochs):
            start = time.perf_counter()
            train_loss = train_epoch(network, optimizer, train, epoch, steps, options)
            seconds = time.perf_counter() - start
            test_loss, accuracy = evaluate(network, test)
            log.writerow([epoch + 1, f"{train_loss:.5f}", f"{test_loss:.5f}", f"{accuracy:.4f}", f"{seconds:.1f}"])
            file.flush()
            print(f"epoch {epoch + 1}: train loss {train_loss:.4f}, test accuracy {accuracy:.4f}, {seconds:.0f} s", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, help="class folders, or a .tar(.gz) of them")
    parser.add_argument("--test", required=True, help="the same")
    parser.add_argument("--output", required=True, help="CSV that is written")
    parser.add_argument("--weights", help="safetensors with the first weights; default: He's initialisation")
    parser.add_argument("--depth", type=int, default=20, help="20, 32, 44, 56, 110")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--schedule", choices=["cosine", "constant", "steps"], default="cosine")
    parser.add_argument("--milestones", type=float, nargs="*", default=[], help="epochs, for the schedule steps: rate ÷ 10 at each")
    parser.add_argument("--warm-up", type=float, default=1, help="epochs until the full rate")
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--nesterov", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--pad-crop", type=int, default=4)
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=int, help="use the first pictures of every class only")
    return parser.parse_args()


def read_pictures(path, limit):
    """Pictures [count, height, width, 3] as bytes, and class numbers."""
    files = sorted(members(path))
    names = sorted({name for (name, _), _ in files})
    counts = dict.fromkeys(names, 0)
    pictures, classes = [], []
    for (name, _), content in files:
        counts[name] += 1
        if limit is None or counts[name] <= limit:
            pictures.append(numpy.asarray(Image.open(io.BytesIO(content)).convert("RGB")))
            classes.append(names.index(name))
    if not pictures:
        sys.exit(f"{path} has no class folders with pictures.")
    return torch.from_numpy(numpy.stack(pictures)), torch.tensor(classes)


def members(path):
    """((class, file), content) of every picture."""
    if os.path.isdir(path):
        for name in os.listdir(path):
            for file in os.listdir(os.path.join(path, name)):
                with open(os.path.join(path, name, file), "rb") as picture:
                    yield (name, file), picture.read()
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile():
                    yield tuple(member.name.split("/")[-2:]), archive.extractfile(member).read()


def initialise(network, weights):
    """The first weights of a file; or He et al. 2015 (fan-in), as akamaster/pytorch_resnet_cifar10 has it."""
    if weights is not None:
        network.load_state_dict({name: torch.from_numpy(array) for name, array in safetensors_file.read(weights).items()})
        return
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)


def train_epoch(network, optimizer, data, epoch, steps, options):
    """One pass over all pictures in random order, the last short batch dropped; the mean loss."""
    network.train()
    pictures, classes = data
    order = torch.randperm(len(classes))
    total = 0.0
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate_at(epoch * steps + step, steps, options)
        chosen = order[step * options.batch:(step + 1) * options.batch]
        loss = functional.cross_entropy(network(augment(pictures[chosen], options)), classes[chosen])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / steps


def rate_at(step, steps, options):
    """The learning rate of a step: schedule times linear warm-up from 0."""
    if options.schedule == "cosine":
        rate = options.rate * (1 + math.cos(math.pi * step / (steps * options.epochs))) / 2
    else:
        rate = options.rate * 0.1 ** sum(step >= milestone * steps for milestone in options.milestones)
    return rate * min(1, step / max(1, options.warm_up * steps))


def augment(pictures, options):
    """A crop at a random place of the picture with a border of zeros, and left and right exchanged in half of all cases."""
    count, height, width, _ = pictures.shape
    pad = options.pad_crop
    padded = functional.pad(pictures, (0, 0, pad, pad, pad, pad))
    rows = torch.randint(0, 2 * pad + 1, (count, 1)) + torch.arange(height)
    columns = torch.randint(0, 2 * pad + 1, (count, 1)) + torch.arange(width)
    if options.flip:
        columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    return normalise(padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]])


def normalise(pictures):
    """From bytes [count, height, width, 3] to numbers (count, 3, height, width), channels last in memory."""
    return ((pictures.float() / 255 - MEAN) / DEVIATION).permute(0, 3, 1, 2)


def evaluate(network, data, batch=500):
    """Mean cross entropy and the share of right answers."""
    network.eval()
    pictures, classes = data
    loss, right = 0.0, 0
    with torch.inference_mode():
        for start in range(0, len(classes), batch):
            logits, wanted = network(normalise(pictures[start:start + batch])), classes[start:start + batch]
            loss += functional.cross_entropy(logits, wanted, reduction="sum").item()
            right += (logits.argmax(1) == wanted).sum().item()
    return loss / len(classes), right / len(classes)


main()
