"""
From process start to the first prediction, as a PyTorch program does it: the other side of nonlocal predict.

usage: first_prediction.py WEIGHTS PICTURE
"""

import os
import sys

os.environ.update(OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2")

import numpy  # noqa: E402 (the variables above must be set before)
import torch  # noqa: E402
from PIL import Image  # noqa: E402

import safetensors_file  # noqa: E402
from cifar_resnet import CifarResNet  # noqa: E402

torch.set_num_threads(2)
network = CifarResNet(3).eval()
network.load_state_dict({name: torch.from_numpy(array) for name, array in safetensors_file.read(sys.argv[1]).items()})
picture = torch.from_numpy(numpy.asarray(Image.open(sys.argv[2]).convert("RGB"))).permute(2, 0, 1).float() / 255
mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
with torch.inference_mode():
    logits = network(((picture - mean[:, None, None]) / deviation[:, None, None])[None])
print(float(logits.softmax(1).max()), flush=True)
