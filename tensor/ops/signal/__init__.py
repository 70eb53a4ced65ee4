"""Signal processing: Fourier and cosine transforms, frames, windows."""

from tensor.ops.signal import (
    cosine as cosine,
    fourier as fourier,
    frames as frames,
    spectra as spectra,
    transforms as transforms,
    windows as windows,
)
