"""MLServer's model: a runtime of one's own is its way to what it does not bring, so this one runs ONNX Runtime."""
import os

import onnxruntime
from mlserver import MLModel
from mlserver.types import InferenceResponse, MetadataModelResponse, Parameters, ResponseOutput
from mlserver.codecs import NumpyCodec


class Network(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("THREADS", "1"))
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, options, providers=["CPUExecutionProvider"])
        return True

    async def metadata(self):
        known = await super().metadata()
        return known.model_copy(update={"parameters": Parameters(labels=self.settings.parameters.extra["labels"])})

    async def predict(self, payload):
        window = NumpyCodec.decode_input(payload.inputs[0])
        results = self.session.run(["scores", "attention"], {"window": window})
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output(name, r) for name, r in zip(["scores", "attention"], results)])
