"""Several devices that share each batch.

Keras's own distribution API (``keras.distribution``) does nothing on TensorFlow: its
``DataParallel`` can be set, and training goes on with one device. What Keras does support there is
``tf.distribute``, used here: every device has all weights and a part of each batch, and gradients
are averaged. ``batch_size`` stays the size of the whole batch. BatchNormalization measures each
part by itself, and sums are made in another order, so weights differ in their last digits from
those of one device.
"""

from __future__ import annotations

import contextlib

import tensorflow as tf

from dlgenomics.errors import DlgError


def device_names() -> list[str]:
    """Return the devices that can share a training: the GPUs, or else the CPUs."""
    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return [device.name for device in found]


def sharing(devices: int) -> contextlib.AbstractContextManager[object]:
    """Return a block in which models are built and compiled for some devices.

    One device is as if there were no block: TensorFlow takes its first GPU, or the CPU.

    Raises:
        DlgError: there are fewer.
    """
    names = device_names()
    if not 1 <= devices <= len(names):
        kind = "GPU" if "GPU" in names[0] else "CPU"
        raise DlgError(f"the number of devices must be 1 to {len(names)}, the {kind} devices that "
                       f"TensorFlow sees. Received: {devices}. Choose fewer.")
    if devices == 1:
        return contextlib.nullcontext()
    scope: contextlib.AbstractContextManager[object] = tf.distribute.MirroredStrategy(
        names[:devices]).scope()
    return scope


def describe_devices(devices: int) -> str:
    """Return the devices of a training for its record: ``2 GPU (NVIDIA A100)``."""
    found = tf.config.list_physical_devices("GPU")
    if not found:
        return f"{devices} CPU" if devices > 1 else "CPU"
    name = tf.config.experimental.get_device_details(found[0]).get("device_name", "unknown")
    return f"{devices} GPU ({name})" if devices > 1 else f"GPU ({name})"
