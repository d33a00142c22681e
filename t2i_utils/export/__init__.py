"""Trained networks as ONNX files, which run outside Python: in a browser, in C++, on a phone.

Needs the optional packages `onnx` and, to try the files here, `onnxruntime`:
`pip install "text-to-image-synthesizer[export]"`.
"""
