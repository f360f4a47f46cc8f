"""Writes YAMNet as two LiteRT models from its float weights: patch.tflite takes log-mel frames (1, 96, 64), sound.tflite 0.975 s of
sound (15600) with the front end inside. Both return scores (1, 521) and the embedding (1, 1024), sound.tflite its frames (96, 64) too.

    convert.py weights.npz mel_matrix.npy FOLDER

The formulas are those of github.com/tensorflow/models, research/audioset/yamnet. FOLDER/macs says how many multiplications a patch takes.
"""
import sys

import numpy
import tensorflow as tf

weights, mel = numpy.load(sys.argv[1]), numpy.load(sys.argv[2]).astype("float32")
folder = sys.argv[3]
strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
macs = {}


def layer(convolution, x, name, norm, stride):
    kernel = weights[name + ".kernel"]
    x = convolution(x, kernel, (1, stride, stride, 1), "SAME")
    macs[name] = x.shape[1] * x.shape[2] * kernel.size
    scale = 1 / numpy.sqrt(weights[norm + ".variance"] + 1e-4)
    return tf.nn.relu(x * scale + (weights[norm + ".beta"] - weights[norm + ".mean"] * scale))


def network(patch):
    x = layer(tf.nn.conv2d, patch[..., None], "conv0", "bn0", 2)
    for i, stride in enumerate(strides, 1):
        x = layer(tf.nn.depthwise_conv2d, x, f"depthwise{i}", f"depthwise_bn{i}", stride)
        x = layer(tf.nn.conv2d, x, f"pointwise{i}", f"pointwise_bn{i}", 1)
    embedding = tf.reduce_mean(x, (1, 2))
    macs["dense"] = weights["dense.kernel"].size
    return tf.sigmoid(embedding @ weights["dense.kernel"] + weights["dense.bias"]), embedding


def front_end(sound):
    # LiteRT has an FFT of its own; the matrices in place of it that Google's file has take half as long again.
    hann = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(400) / 400)
    magnitude = tf.abs(tf.signal.rfft(tf.signal.frame(sound, 400, 160) * hann.astype("float32"), [512]))
    return tf.math.log(magnitude @ mel + 0.001)


def whole(sound):
    frames = front_end(sound)
    return *network(frames[None]), frames


for name, function, shape in ("patch", network, (1, 96, 64)), ("sound", whole, (15600,)):
    concrete = tf.function(function, input_signature=[tf.TensorSpec(shape)]).get_concrete_function()
    with open(f"{folder}/{name}.tflite", "wb") as file:
        file.write(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())
with open(f"{folder}/macs", "w") as file:
    print(sum(macs.values()), file=file)
