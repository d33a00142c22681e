"""Trained networks for others: as ONNX files, which run in a browser or in C++, and for the hubs.

ONNX needs the optional packages `onnx` and, to try the files here, `onnxruntime`:
`pip install "text-to-image-synthesizer[export]"`. Sharing needs `safetensors`.
"""
