"""Text-to-Image Synthesizer: a sentence becomes a picture of a bird, and back."""

__version__ = "0.1.0"
