"""Prints this machine's hardware for the engine as JSON; run by `ftcompare.engine.hardware_probe`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import torch

from ftcompare.engine.backends.local.devices import (
    choose_device,
    choose_dtype,
    device_name,
    memory_free,
    refusal,
)
from ftcompare.engine.backends.local.typed_transformers import memory_total
from ftcompare.engine.hardware_probe import Device, Hardware
from ftcompare.engine.models.model_folder import SMALL_MODEL


def look() -> Hardware:
    chosen = choose_device("auto")
    names = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    names += [kind for kind in ("mps",) if chosen.type == kind]
    devices = [torch.device(name) for name in (*names, "cpu")]
    choice = choose_dtype("auto", devices[0], SMALL_MODEL)
    refusals = {kind: refusal(kind, devices[0]) for kind in ("8bit", "4bit")}
    return Hardware(tuple(_device(device) for device in devices), choice.name, choice.reason, refusals)


def _device(device: torch.device) -> Device:
    on_card = device.type == "cuda"
    total = torch.cuda.mem_get_info(device)[1] if on_card else memory_total()
    return Device(str(device), device_name(device), memory_free(device), int(total))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(look())))
