"""The pieces that generators and discriminators are built from."""

from typing import Any

import keras
from keras import initializers, layers, ops

from t2i_utils import backend
from t2i_utils.errors import InputError
from t2i_utils.stackgan import kernels


def small_uniform() -> keras.Initializer:
    """Uniform in +-1 / sqrt(fan in): pictures start unsaturated (see the course, notebook 03)."""
    return initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform")


def small_normal() -> keras.Initializer:
    """Normal with standard deviation 0.02, as in StackGAN's released code."""
    return initializers.RandomNormal(stddev=0.02)


def conditioning_augmentation(
    embedding: Any,
    epsilon: Any,
    condition_size: int,
    initializer: Any = "glorot_uniform",
    initial_log_sigma: float = 0.0,
) -> tuple[Any, Any, Any]:
    """Sample a condition from a Gaussian that the sentence decides (StackGAN, section 3.2).

    One linear map and LeakyReLU give mu and log sigma; c = mu + exp(log sigma) * epsilon.

    Args:
        embedding: (batch, width), a whitened sentence embedding.
        epsilon: (batch, condition_size), standard normal, drawn for every sample.
        condition_size: length of c.
        initializer: of the linear map.
        initial_log_sigma: added to log sigma. At 0, the paper's, an untrained sigma is about 1 and
            drowns the words: mu then varies by 0.5. Below 0, sigma is bounded by 1.

    Returns:
        (c, mu, log_sigma), each (batch, condition_size); mu and log_sigma in float32.
    """
    if epsilon.shape[-1] != condition_size:
        raise InputError(f"epsilon has {epsilon.shape[-1]} columns, expected {condition_size}")
    hidden = layers.Dense(
        2 * condition_size, kernel_initializer=initializer, dtype="float32", name="ca_dense"
    )(embedding)
    hidden = layers.LeakyReLU(0.2, dtype="float32")(hidden)
    mu = hidden[:, :condition_size]
    log_sigma = hidden[:, condition_size:] + initial_log_sigma
    if initial_log_sigma < 0:
        # At most the prior's: an unusual sentence's sigma of hundreds would rule the gradient.
        log_sigma = ops.minimum(log_sigma, 0.0)
    return mu + ops.exp(log_sigma) * epsilon, mu, log_sigma


class TiledConcatenate(layers.Layer):
    """Repeat a vector (batch, size) over every pixel of a map and append it as channels."""

    def call(self, inputs: Any) -> Any:
        """Take [map (batch, h, w, channels), vector (batch, size)]."""
        maps, vector = inputs
        height, width = maps.shape[1:3]
        tiled = ops.tile(vector[:, None, None, :], (1, height, width, 1))
        return ops.concatenate([maps, ops.cast(tiled, maps.dtype)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The map's shape with the vector's size more channels."""
        maps, vector = input_shape
        return (*maps[:3], maps[3] + vector[1])


class BackProjection(layers.Layer):
    """Keeps an enlarged picture near the small one that it was made from, when it is drawn.

    Stage II likes thin bright lines: across a dark wing it may draw one where Stage I has none.
    First each pixel is kept within the range of the small picture's 3 x 3 pixels around it, and
    `margin` beyond (neighbourhood clamping; Karis, SIGGRAPH 2014 courses). Then the picture is
    shrunk again, and `share` of what it differs by from the small one is taken away
    (back-projection; Irani and Peleg, CVGIP 1991). In training the picture passes as it is: the
    network is to learn by itself.
    """

    def __init__(self, margin: float = 0.3, share: float = 0.5, **options: Any) -> None:
        super().__init__(**options)
        self.margin, self.share = margin, share

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Take [large (batch, h, w, 3), small (batch, h / 4, w / 4, 3)], both about [-1, 1]."""
        large, small = inputs
        if training:
            return large
        height, width = large.shape[1:3]
        times = height // small.shape[1]

        def enlarge(maps: Any) -> Any:
            return ops.image.resize(maps, (height, width), interpolation="bilinear")

        def highest(maps: Any) -> Any:
            around = ops.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
            raised = ops.max_pool(around, 3, strides=1) + self.margin
            return enlarge(ops.minimum(raised, 1.0))

        large = ops.minimum(ops.maximum(large, -highest(-small)), highest(small))
        missing = small - ops.average_pool(large, times, strides=times)
        return large + self.share * enlarge(missing)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The large picture's shape."""
        return input_shape[0]


class BatchNormalization(layers.BatchNormalization):
    """Keras's; TensorFlow trains with its fused kernel (see `kernels.normalise_batch`)."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise (batch, h, w, channels) or (batch, channels)."""
        learns = training and self.trainable and mask is None
        if not learns or len(inputs.shape) != 4 or backend.name() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        scale = ops.cast(self.gamma, "float32") if self.scale else ops.ones(channels)
        offset = ops.cast(self.beta, "float32") if self.center else ops.zeros(channels)
        outputs, *found = kernels.normalise_batch(inputs, scale, offset, self.epsilon)
        for moving, value in zip((self.moving_mean, self.moving_variance), found, strict=True):
            moving.assign(moving * self.momentum + value * (1 - self.momentum))
        return outputs


class ModulatedBatchNorm(layers.Layer):
    """BatchNorm whose scale and shift are linear in a condition: words act in every block.

    Source: conditional BatchNorm (Dumoulin et al., arXiv 1610.07629), as in DF-GAN's affine text
    modulation (arXiv 2008.05865).
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.normalise = BatchNormalization(momentum=0.9, epsilon=1e-5, center=False, scale=False)

    def build(self, input_shape: Any) -> None:
        """Create the linear map for the channels of the input."""
        maps, condition = input_shape
        self.normalise.build(maps)
        self.modulation = layers.Dense(2 * maps[-1], kernel_initializer=small_uniform())
        self.modulation.build(condition)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Take [map (batch, h, w, channels), condition (batch, size)]."""
        maps, condition = inputs
        maps = self.normalise(maps, training=training)
        scale, shift = ops.split(self.modulation(condition)[:, None, None, :], 2, axis=-1)
        return maps * (1 + scale) + shift

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The map's own shape."""
        return input_shape[0]


class SpectralConv2D(layers.Layer):
    """Convolution whose kernel is divided by its largest singular value (arXiv 1802.05957).

    The division happens in the call, so the stored kernel keeps its float32 value and the gradient
    passes through sigma. (Keras's `SpectralNormalization` writes the divided kernel back in the
    compute type, which rounds the weights under mixed precision.)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        padding: str = "same",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding

    def build(self, input_shape: Any) -> None:
        """Create kernel, bias and the left singular vector of the power iteration."""
        shape = (self.kernel_size, self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(
            shape=shape, initializer=small_uniform(), autocast=False, name="kernel"
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        self.vector = self.add_weight(
            shape=(1, self.filters),
            initializer="random_normal",
            trainable=False,
            autocast=False,
            name="vector",
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Convolve (batch, h, w, channels); in training, one power iteration first."""
        matrix = ops.reshape(self.kernel, (-1, self.filters))
        left = ops.stop_gradient(self.vector)
        right = ops.stop_gradient(_unit(ops.transpose(ops.matmul(matrix, ops.transpose(left)))))
        left = ops.stop_gradient(_unit(ops.matmul(right, matrix)))
        if training:
            self.vector.assign(left)
        sigma = ops.sum(ops.matmul(right, matrix) * left)
        kernel = ops.cast(self.kernel / sigma, inputs.dtype)
        outputs = ops.conv(inputs, kernel, strides=self.strides, padding=self.padding)
        return outputs + ops.cast(self.bias, outputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Spatial sizes divided by the stride, `filters` channels."""

        def size(length: int) -> int:
            if self.padding == "valid":
                return (length - self.kernel_size) // self.strides + 1
            return -(-length // self.strides)

        return (input_shape[0], size(input_shape[1]), size(input_shape[2]), self.filters)


class UpsampleConv2D(layers.Conv2D):
    """Nearest upsampling by two and a 3x3 convolution, in one (see `kernels.upsample_convolve`)."""

    def __init__(self, filters: int, **options: Any) -> None:
        # Named as any convolution: checkpoints call an optimiser's arrays by their layer.
        options.setdefault("name", f"conv2d_{keras.backend.get_uid('conv2d') - 1}")
        super().__init__(filters, 3, padding="same", use_bias=False, **options)

    def call(self, inputs: Any) -> Any:
        """Upsample and convolve (batch, h, w, channels)."""
        return kernels.upsample_convolve(inputs, self.kernel)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Twice the height and width, `filters` channels."""
        batch, height, width, _ = input_shape
        return (batch, 2 * height, 2 * width, self.filters)


def _unit(vector: Any) -> Any:
    return vector / (ops.norm(vector) + 1e-12)


def glu_upsample(inputs: Any, channels: int, normalise: Any) -> Any:
    """Double height and width, convolve, normalise, and gate half the channels by the rest."""
    x = normalise(UpsampleConv2D(2 * channels, kernel_initializer=small_uniform())(inputs))
    return ops.glu(x)


def glu_convolve(inputs: Any, channels: int, normalise: Any) -> Any:
    """As `glu_upsample`, at the same height and width."""
    convolve = layers.Conv2D(
        2 * channels, 3, padding="same", use_bias=False, kernel_initializer=small_uniform()
    )
    return ops.glu(normalise(convolve(inputs)))


def upsample_normalised(inputs: Any, channels: int, activation: bool = True) -> Any:
    """Double height and width (nearest), 3x3 convolution, BatchNorm and ReLU, as in the paper."""
    x = UpsampleConv2D(channels)(inputs)
    x = BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return layers.Activation("relu")(x) if activation else x


def convolve_normalised(
    inputs: Any, channels: int, kernel_size: int, strides: int = 1, activation: str | None = "relu"
) -> Any:
    """Convolution, BatchNorm and an activation ("relu", "leaky_relu" of slope 0.2, or None)."""
    x = layers.Conv2D(channels, kernel_size, strides=strides, padding="same", use_bias=False)(
        inputs
    )
    x = BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    if activation == "leaky_relu":
        return layers.LeakyReLU(0.2)(x)
    return layers.Activation(activation)(x) if activation else x


def residual_bottleneck(inputs: Any, channels: int, activation: str = "relu") -> Any:
    """1x1 to `channels`, 3x3, 3x3 back to the input's channels, added to the input."""
    x = convolve_normalised(inputs, channels, 1, activation=activation)
    x = convolve_normalised(x, channels, 3, activation=activation)
    x = convolve_normalised(x, inputs.shape[-1], 3, activation=None)
    x = layers.add([inputs, x])
    return layers.LeakyReLU(0.2)(x) if activation == "leaky_relu" else layers.Activation("relu")(x)


def residual_block(inputs: Any) -> Any:
    """Two 3x3 convolutions with BatchNorm, added to the input (Stage II of the paper)."""
    channels = inputs.shape[-1]
    x = convolve_normalised(inputs, channels, 3)
    x = convolve_normalised(x, channels, 3, activation=None)
    return layers.Activation("relu")(layers.add([inputs, x]))


def to_rgb(inputs: Any, initializer: Any, use_bias: bool = True) -> Any:
    """3x3 convolution to three channels and tanh, in float32."""
    x = layers.Conv2D(
        3,
        3,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=initializer,
        dtype="float32",
    )(inputs)
    return layers.Activation("tanh", dtype="float32", name="images")(x)
