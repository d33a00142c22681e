"""Differentiable augmentation and resampling, as matrix products.

A crop and a resize are linear along each axis: two small matrices, one for the rows and one for
the columns, move, scale and filter a whole batch, with its own offset for each picture.
Augmentation after Zhao et al., Differentiable Augmentation, NeurIPS 2020 (arXiv 2006.10738).
"""

from typing import Any

from keras import ops

BRIGHTNESS = 0.3  # added or taken away, at most, of a range of 2
CONTRAST = 0.4  # more or less, at most, of 1
TRANSLATION = 1 / 8  # of the picture's side, at most
UNIFORMS = 8  # random numbers that one picture's augmentation takes
UNCHANGED = (0.5,) * 6 + (-1.0,) * 2  # in their place: a picture as it is, the square beyond it


def sampling_matrix(
    output_size: int, input_size: int, scale: float, offset: Any, support: Any
) -> Any:
    """Rows of weights that read `output_size` points of a line of `input_size` pixels.

    Output pixel i is the triangle-filtered value at offset + (i + 0.5) * scale - 0.5; beyond the
    line's ends it fades to 0, the grey of a picture in [-1, 1].

    Args:
        output_size: number of points to read.
        input_size: number of pixels of the line.
        scale: input pixels an output pixel.
        offset: (batch,), where reading starts, in input pixels.
        support: half width of the triangle in input pixels, a scalar of at least 1.

    Returns:
        (batch, output_size, input_size), float32.
    """
    centres = (ops.arange(output_size, dtype="float32") + 0.5) * scale - 0.5
    centres = offset[:, None] + centres[None, :]
    places = ops.arange(input_size, dtype="float32")
    distance = ops.abs(centres[:, :, None] - places[None, None, :]) / support
    return ops.maximum(0.0, 1.0 - distance) / support


def resample(images: Any, output_size: int, scale: float, offsets: Any, blur: Any = 1.0) -> Any:
    """Read a square window of each picture at a new size.

    Args:
        images: (batch, height, width, 3).
        output_size: height and width of the result.
        scale: input pixels an output pixel.
        offsets: (batch, 2), upper left corner of the window in input pixels (y, x).
        blur: widens the filter by this factor, a scalar of at least 1; 1 is as sharp as can be.

    Returns:
        (batch, output_size, output_size, 3).
    """
    support = max(1.0, scale) * blur  # above 1 input pixel an output pixel: antialiasing
    rows = sampling_matrix(output_size, images.shape[1], scale, offsets[:, 0], support)
    columns = sampling_matrix(output_size, images.shape[2], scale, offsets[:, 1], support)
    images = ops.einsum("bij,bjkc->bikc", rows, images)
    return ops.einsum("bij,bkjc->bkic", columns, images)


def augment(
    images: Any, output_size: int, uniforms: Any, blur: Any = 1.0, hidden: float = 0.0
) -> Any:
    """Change brightness and contrast, shift, resize to `output_size`, and hide a square.

    Args:
        images: (batch, size, size, 3) in [-1, 1].
        output_size: height and width of the result.
        uniforms: (batch, UNIFORMS) in [0, 1]: brightness, contrast, shift down and right, window
            down and right (see `augment_window`), hidden square down and right.
        blur: as in `resample`.
        hidden: side of the hidden square, as a share of the picture's.

    Returns:
        (batch, output_size, output_size, 3); differentiable in `images`.
    """
    size = images.shape[1]
    offsets = (uniforms[:, 2:4] - 0.5) * 2 * TRANSLATION * size
    images = resample(
        _change_light(images, uniforms), output_size, size / output_size, offsets, blur
    )
    return images * _seen(output_size, uniforms, hidden)


def augment_window(
    images: Any, output_size: int, uniforms: Any, blur: Any = 1.0, hidden: float = 0.0
) -> Any:
    """Change brightness and contrast, and cut a window of `output_size` at full resolution.

    The arguments are those of `augment`.
    """
    offsets = uniforms[:, 4:6] * (images.shape[1] - output_size)
    images = resample(_change_light(images, uniforms), output_size, 1.0, offsets, blur)
    return images * _seen(output_size, uniforms, hidden)


def _seen(size: int, uniforms: Any, hidden: float) -> Any:
    """0 in a square of side `hidden` whose middle is anywhere in the picture, else 1."""
    places = (ops.arange(size, dtype="float32") + 0.5) / size
    covered = ops.cast(
        ops.abs(places[None, None, :] - uniforms[:, 6:8, None]) < hidden / 2, "float32"
    )  # (batch, 2, size)
    return 1 - (covered[:, 0, :, None] * covered[:, 1, None, :])[..., None]


def _change_light(images: Any, uniforms: Any) -> Any:
    images = images + ((uniforms[:, 0] * 2 - 1) * BRIGHTNESS)[:, None, None, None]
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    factor = 1 + (uniforms[:, 1] * 2 - 1) * CONTRAST
    return (images - mean) * factor[:, None, None, None] + mean
