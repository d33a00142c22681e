"""Write the sentence encoder as a TF2 SavedModel: strings in, vectors out.

The network is the package's (see encoders/package.py), written as TensorFlow operations and called
as the TF-Hub module is: for machines that cannot reach TF-Hub, and for input pipelines that encode.

Architecture, as the package's weights give it: piece embeddings; three branches of two residual
convolutions over windows of 2, 3 and 5 pieces; layer normalisation; a sum over the pieces divided
by the square root of their number; a small residual network; length 1.
"""

from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import replacing_folder
from t2i_utils.text.encoders.hub import first_line, import_tensorflow
from t2i_utils.text.encoders.package import data_file, load_network

UNKNOWN, BEGIN, END = 0, 1, 2  # ids of <unk>, <s> and </s>
WINDOWS = ((2, 0), (3, 1), (5, 2))  # (pieces in the window, how many of them stand to the left)


def export_saved_model(folder: str | Path) -> Path:
    """Write the sentence encoder as a TF2 SavedModel that `hub.load` loads.

    The loaded module maps strings (n,) to float32 (n, width), eagerly and inside
    `tf.data.Dataset.map`. `import tensorflow_text` first: it registers the tokenizer's operations.
    As the TF-Hub module it reads sentences as they are: give it captions in plain form (`plain`).
    Its vectors equal the package's (cosine above 0.9999), emoji and empty captions included. Two
    exceptions: a caption that contains the text "<s>", "</s>" or "<unk>", which SentencePiece reads
    as letters and the package as a mark of its own; and one accented letter repeated a hundred
    times, which the two may cut differently (0.9986).

    Args:
        folder: Where to write about 80 MB. It must not exist, or be empty.

    Returns:
        The folder.

    Raises:
        InputError: The folder is not empty or cannot be written, or a package is missing.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} already exists: name a new or an empty folder")
    tf, _ = import_tensorflow("tensorflow", "tensorflow_text")
    module = build_module()
    try:
        with replacing_folder(folder) as partial:
            tf.saved_model.save(module, str(partial))
    except (OSError, tf.errors.OpError) as error:
        raise InputError(f"cannot write {folder}: {first_line(error)}") from error
    return folder


def build_module() -> Any:
    """Return the sentence encoder as a `tf.Module`: strings (n,) -> float32 (n, width)."""
    tf, tensorflow_text = import_tensorflow("tensorflow", "tensorflow_text")
    network = load_network()
    width = network.table.shape[1]
    branch_width = network.w1[0].shape[1]
    left = max(left for _, left in WINDOWS)
    right = max(size - 1 - left for size, left in WINDOWS)

    def constant(array: np.ndarray) -> Any:
        return tf.Variable(array, trainable=False)

    def constants(weights: list[np.ndarray], biases: list[np.ndarray]) -> list[tuple[Any, Any]]:
        return [(constant(w), constant(b)) for w, b in zip(weights, biases, strict=True)]

    def layer_normalise(values: Any, gamma: Any, beta: Any) -> Any:
        mean, variance = tf.nn.moments(values, axes=[-1], keepdims=True)
        return tf.nn.batch_normalization(values, mean, variance, beta, gamma, network.eps)

    class SentenceEncoderModule(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="sentence_encoder")
            # Pieces as strings: SentencePiece joins neighbouring unknown characters into one piece,
            # the package counts each, and only a string tells how many there were.
            self.tokenizer = tensorflow_text.SentencepieceTokenizer(
                model=data_file("sp.model").read_bytes(), out_type=tf.string
            )
            self.table = constant(network.table)  # (pieces, width) uint8, a quarter of float32
            self.scale, self.low = constant(network.scale), constant(network.lo)
            self.project = [constant(network.proj_W), constant(network.proj_b)]
            self.branch_norm = [constant(network.ln_g_all), constant(network.ln_b_all)]
            self.first = constants(network.w1, network.b1)
            self.second = constants(network.w2, network.b2)
            self.norm = [constant(network.ln_g), constant(network.ln_b)]
            self.combine = [constant(network.cnn_W), constant(network.cnn_b)]
            self.dense = [constant(w) for w in (network.d0, network.d1, network.d2, network.d3)]
            self.shortcut = [constant(network.p1), constant(network.p3)]

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
        def __call__(self, captions):
            pieces = self.piece_ids(captions)
            features = self.piece_features(pieces)  # (num_pieces, width + 3 * branch_width)
            sums = tf.math.unsorted_segment_sum(
                features, pieces.value_rowids(), pieces.nrows()
            )  # (n, width + 3 * branch_width)
            lengths = tf.cast(pieces.row_lengths(), tf.float32)[:, None]
            weight, bias = self.combine
            return self.head((sums @ weight + lengths * bias) / tf.sqrt(lengths))

        def piece_ids(self, captions):
            """Strings (n,) -> ragged int64 (n, pieces), between <s> and </s>."""
            pieces = self.tokenizer.tokenize(captions)
            empty = tf.cast(pieces.row_lengths() == 0, tf.int64)  # nothing left: one unknown piece
            filler = tf.RaggedTensor.from_row_lengths(
                tf.fill([tf.reduce_sum(empty)], tf.constant(b"\x00")), empty
            )
            pieces = tf.concat([pieces, filler], axis=1)
            ids = tf.cast(self.tokenizer.string_to_id(pieces.values), tf.int64)
            characters = tf.strings.length(pieces.values, unit="UTF8_CHAR")
            repeats = tf.where(ids == UNKNOWN, characters, 1)
            ids = tf.RaggedTensor.from_value_rowids(
                tf.repeat(ids, repeats), tf.repeat(pieces.value_rowids(), repeats), pieces.nrows()
            )
            ones = tf.ones([pieces.nrows(), 1], tf.int64)
            return tf.concat([BEGIN * ones, ids, END * ones], axis=1)

        def piece_features(self, pieces):
            """Ragged ids (n, pieces) -> (num_pieces, width + 3 * branch_width) for all captions."""
            ids = pieces.values
            block = ids % len(network.scale)  # the table is quantised in interleaved blocks
            embedded = tf.cast(tf.gather(self.table, ids), tf.float32)
            embedded = embedded * tf.gather(self.scale, block)[:, None]
            embedded = embedded + tf.gather(self.low, block)[:, None]
            projected = layer_normalise(
                embedded @ self.project[0] + self.project[1], *self.branch_norm
            )
            neighbours = self.neighbours(pieces)  # (num_pieces, left + 1 + right)
            features = [embedded]
            for index, (size, before) in enumerate(WINDOWS):
                window = neighbours[:, left - before : left - before + size]
                hidden = projected[:, index * branch_width : (index + 1) * branch_width]
                for weight, bias in (self.first[index], self.second[index]):
                    padded = tf.pad(hidden, [[0, 1], [0, 0]])  # the last row stands for "outside"
                    seen = tf.reshape(tf.gather(padded, window), [-1, size * branch_width])
                    hidden = hidden + tf.nn.relu(seen @ weight + bias)
                features.append(hidden)
            return layer_normalise(tf.concat(features, axis=1), *self.norm)

        def neighbours(self, pieces):
            """Positions of each piece's neighbours; outside its caption, one past the end."""
            rows = pieces.value_rowids()
            starts = tf.gather(pieces.row_starts(), rows)[:, None]
            ends = tf.gather(pieces.row_limits(), rows)[:, None]
            count = tf.shape(rows, tf.int64)[0]
            positions = tf.range(count)[:, None] + tf.range(-left, right + 1, dtype=tf.int64)
            return tf.where((positions >= starts) & (positions < ends), positions, count)

        def head(self, pooled):
            """(n, width) -> (n, width) of length 1."""
            first = tf.nn.relu(pooled @ self.dense[0])
            second = tf.nn.relu(pooled @ self.shortcut[0] + first @ self.dense[1])
            third = tf.nn.relu(second @ self.dense[2])
            output = tf.tanh(second @ self.shortcut[1] + third @ self.dense[3])
            output = tf.math.l2_normalize(output, axis=1, epsilon=network.eps)
            return tf.ensure_shape(output, [None, width])

    return SentenceEncoderModule()
