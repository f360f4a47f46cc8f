"""The Python backend's model: Triton's Python package brings no other backend, so this one runs ONNX Runtime."""
import json
import os
import sys

sys.path += os.environ["PYTHONPATH"].split(":")  # the backend's interpreter is isolated and passes it over

import numpy
import onnxruntime
import triton_python_backend_utils as pb


class TritonPythonModel:
    def initialize(self, args):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("THREADS", "1"))
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.outputs = [o["name"] for o in json.loads(args["model_config"])["output"]]

    def execute(self, requests):
        windows = [pb.get_input_tensor_by_name(r, "window").as_numpy() for r in requests]
        results = self.session.run(self.outputs, {"window": numpy.concatenate(windows)})
        ends = numpy.cumsum([len(w) for w in windows])[:-1]
        parts = zip(*[numpy.split(r, ends) for r in results])
        return [pb.InferenceResponse([pb.Tensor(name, part) for name, part in zip(self.outputs, p)]) for p in parts]
