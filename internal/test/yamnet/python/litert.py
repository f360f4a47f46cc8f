"""Runs YAMNet as a script would: LiteRT, its XNNPACK, one thread. It answers requests, one JSON object a line.

    litert.py FOLDER        the folder that convert.py wrote to
"""
import json
import os
import subprocess
import sys
import time

import numpy
from ai_edge_litert.interpreter import Interpreter

SAMPLES, HOP = 15600, 7680  # of a patch, and from one to the next, at 16 kHz


class Model:
    def __init__(self, path):
        self.interpreter = Interpreter(path, num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.outputs = {tuple(o["shape"]): o["index"] for o in self.interpreter.get_output_details()}

    def run(self, x, *shapes):
        self.interpreter.set_tensor(self.input, x)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(self.outputs[s]) for s in shapes]


models = {name: Model(f"{sys.argv[1]}/{name}.tflite") for name in ("patch", "sound")}
SCORES, EMBEDDING, FRAMES = (1, 521), (1, 1024), (96, 64)


def check(frontend, network):
    """Largest differences from TensorFlow's values in two folders of arrays, of both models."""
    worst = dict(patches=0, frames=0.0, embedding=0.0, score=0.0)

    def differs(what, got, want):
        worst[what] = max(worst[what], float(numpy.abs(got - want).max()))

    for name in "chirp", "dog":
        wave, frames = (numpy.load(f"{frontend}/{name}_{x}.npy").astype("float32") for x in ("wave", "logmel"))
        embeddings, logits = (numpy.load(f"{network}/{name}_{x}.npy").astype("float64") for x in ("embedding", "logits"))
        for i, (embedding, logit) in enumerate(zip(embeddings, logits)):
            score, patch = 1 / (1 + numpy.exp(-logit)), frames[48 * i:][:96]
            for got in models["patch"].run(patch[None], SCORES, EMBEDDING), models["sound"].run(wave[HOP * i:][:SAMPLES], SCORES, EMBEDDING, FRAMES):
                differs("score", got[0][0], score)
                differs("embedding", got[1][0], embedding)
                for own in got[2:]:
                    differs("frames", own, patch)
            worst["patches"] += 1
    return worst


def measure(model, seconds):
    """Milliseconds of the processor that a run takes: what other programs do meanwhile does not count."""
    x = numpy.random.default_rng(1).normal(size=(1, 96, 64) if model == "patch" else SAMPLES).astype("float32")
    began, runs = time.process_time(), 0
    while time.process_time() - began < seconds:
        models[model].run(x, SCORES)
        runs += 1
    return 1e3 * (time.process_time() - began) / runs


def score(file, out):
    """Writes the scores (patch, 521) of a sound file, a patch every 0.48 s; what is shorter than one is filled up with silence."""
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", "file:" + file, "-f", "f32le", "-ac", "1", "-ar", "16000", "-"], check=True, stdout=subprocess.PIPE).stdout
    wave = numpy.frombuffer(raw, "<f4")
    wave = numpy.pad(wave, (0, max(0, SAMPLES - len(wave))))
    scores = numpy.concatenate([models["sound"].run(wave[at:at + SAMPLES], SCORES)[0] for at in range(0, len(wave) - SAMPLES + 1, HOP)])
    with open(out + ".part", "wb") as part:
        numpy.save(part, scores)
    os.replace(out + ".part", out)
    return dict(patches=len(scores))


for line in sys.stdin:
    request = json.loads(line)
    do = {"check": check, "measure": measure, "score": score}[request.pop("do")]
    print(json.dumps(do(**request)), flush=True)
