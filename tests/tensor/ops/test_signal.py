"""Fourier transforms, frames, windows and cosine transforms."""

import numpy as np
import pytest

import tensor as tf
from tests.support.composed_gradients import check_composed

RNG = np.random.default_rng(5)
X = RNG.normal(size=(3, 4, 5))
Z = RNG.normal(size=(3, 4, 5)) + 1j * RNG.normal(size=(3, 4, 5))
Y = np.sin(np.arange(64) * 0.3)
# NumPy arrays become single precision in transforms; tensors keep theirs.
XT, ZT = tf.constant(X), tf.constant(Z)


def close(found, expected, atol=1e-10):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=atol)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_transforms_agree_with_numpy(rank):
    suffix = "" if rank == 1 else f"{rank}d"
    axes = tuple(range(-rank, 0))
    close(getattr(tf.signal, f"fft{suffix}")(ZT), np.fft.fftn(Z, axes=axes))
    close(getattr(tf.signal, f"ifft{suffix}")(ZT), np.fft.ifftn(Z, axes=axes))
    lengths = [2, 6, 4][-rank:]
    rfft = getattr(tf.signal, f"rfft{suffix}")
    irfft = getattr(tf.signal, f"irfft{suffix}")
    close(rfft(XT), np.fft.rfftn(X, axes=axes))
    close(rfft(XT, lengths), np.fft.rfftn(X, s=lengths, axes=axes))
    close(irfft(ZT, lengths), np.fft.irfftn(Z, s=lengths, axes=axes))
    assert irfft(Z).shape[-1] == 8
    assert rfft(X.astype(np.float32)).dtype == tf.complex64
    assert irfft(Z.astype(np.complex64)).dtype == tf.float32


def test_transforms_over_any_axes():
    close(tf.signal.fftnd(Z, axes=[0, 2]), np.fft.fftn(Z, axes=(0, 2)))
    close(tf.signal.ifftnd(Z, norm="ortho"), np.fft.ifftn(Z, norm="ortho"))
    close(
        tf.signal.fftnd(Z, [2, 9], axes=[0, 1], norm="forward"),
        np.fft.fftn(Z, [2, 9], axes=(0, 1), norm="forward"),
    )
    close(
        tf.signal.rfftnd(X, [4, 6], axes=[0, 2], norm="ortho"),
        np.fft.rfftn(X, [4, 6], axes=(0, 2), norm="ortho"),
    )
    close(
        tf.signal.irfftnd(Z, [4, 6], axes=[0, 2], norm="forward"),
        np.fft.irfftn(Z, [4, 6], axes=(0, 2), norm="forward"),
    )
    with pytest.raises(ValueError, match="`norm` must be None"):
        tf.signal.fftnd(Z, norm="sideways")


def test_shifts_of_the_zero_frequency():
    close(tf.signal.fftshift(X), np.fft.fftshift(X))
    close(tf.signal.ifftshift(X), np.fft.ifftshift(X))
    close(tf.signal.fftshift(X, axes=[1]), np.fft.fftshift(X, axes=1))
    close(tf.signal.ifftshift(X, axes=2), np.fft.ifftshift(X, axes=2))


def test_gradients_of_transforms_follow_tensorflow():
    c = tf.constant([1 + 1j, 2, 3 - 1j, 4], tf.complex64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(c)
        whole = tf.reduce_sum(tf.abs(tf.signal.fft(c)) ** 2)
        signal = tf.signal.irfft(c)
        half = tf.reduce_sum(signal**2 * tf.range(1.0, 7.0))
    np.testing.assert_allclose(
        tape.gradient(whole, c), [8 + 8j, 16, 24 - 8j, 32], rtol=1e-5
    )
    expected = [-1.359117, -0.244017 - 1.539601j, 3.19245 - 4.206267j, 3.410683]
    np.testing.assert_allclose(tape.gradient(half, c), expected, rtol=1e-5)


def test_transforms_explain_what_does_not_fit():
    with pytest.raises(tf.errors.InvalidArgumentError, match="complex64, complex128"):
        tf.signal.fft(XT)
    with pytest.raises(tf.errors.InvalidArgumentError, match="rank of at least 2"):
        tf.signal.fft2d(Z[0, 0])
    with pytest.raises(ValueError, match=r"RFFT requires tf.float32 or tf.float64"):
        tf.signal.rfft(tf.constant([1, 2]))
    with pytest.raises(ValueError, match=r"IRFFT requires tf.complex64"):
        tf.signal.irfft(XT)
    with pytest.raises(ValueError, match="Shape of `fft_length` must be"):
        tf.signal.rfft(X, 8)


# --- frames ---------------------------------------------------------------------------

FIVE = np.arange(1.0, 6)


@pytest.mark.parametrize(
    ("length", "step", "kwargs", "expected"),
    [
        (3, 2, {}, [[1, 2, 3], [3, 4, 5]]),
        (3, 2, {"pad_end": True}, [[1, 2, 3], [3, 4, 5], [5, 0, 0]]),
        (3, 2, {"pad_end": True, "pad_value": 9}, [[1, 2, 3], [3, 4, 5], [5, 9, 9]]),
        (2, 3, {}, [[1, 2], [4, 5]]),
        (6, 2, {}, np.zeros((0, 6)).tolist()),
    ],
)
def test_frames(length, step, kwargs, expected):
    assert tf.signal.frame(FIVE, length, step, **kwargs).numpy().tolist() == expected


def test_frames_of_an_inner_axis():
    found = tf.signal.frame(X, 2, 1, axis=1)
    assert found.shape == (3, 3, 2, 5)
    close(found[:, 1], X[:, 1:3])
    with pytest.raises(ValueError, match="must have rank at least 1"):
        tf.signal.frame(1.0, 2, 1)


@pytest.mark.parametrize(
    ("step", "expected"),
    [(2, [1, 2, 7, 5, 6]), (1, [1, 6, 8, 6]), (5, [1, 2, 3, 0, 0, 4, 5, 6])],
)
def test_frames_add_up(step, expected):
    frames = [[1.0, 2, 3], [4, 5, 6]]
    assert tf.signal.overlap_and_add(frames, step).numpy().tolist() == expected


def test_overlap_and_add_explains_what_does_not_fit():
    with pytest.raises(ValueError, match="must have rank at least 2"):
        tf.signal.overlap_and_add([1.0], 1)
    with pytest.raises(ValueError, match="frame_step must be an integer"):
        tf.signal.overlap_and_add([[1.0]], 1.5)


def test_stft_is_undone_by_its_inverse():
    spectra = tf.signal.stft(Y, 16, 8)
    assert spectra.shape == (7, 9)
    window = tf.signal.inverse_stft_window_fn(8)
    close(tf.signal.inverse_stft(spectra, 16, 8, window_fn=window)[8:56], Y[8:56])
    assert tf.signal.stft(Y, 16, 8, 20, None, pad_end=True).shape == (8, 11)
    plain = tf.signal.inverse_stft(
        tf.signal.stft(Y, 16, 16, window_fn=None), 16, 16, None, None
    )
    close(plain, Y)
    assert tf.signal.inverse_stft(spectra, 20, 8, fft_length=16).shape == (68,)
    check_composed(lambda v: tf.abs(tf.signal.stft(v, 8, 4)) ** 2, Y[:20], order=1)


# --- windows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        ("hann_window", (5,), [0, 0.5, 1, 0.5, 0]),
        ("hann_window", (4,), [0, 0.5, 1, 0.5]),
        ("hann_window", (4, False), [0, 0.75, 0.75, 0]),
        ("hann_window", (1,), [1]),
        ("hann_window", (0,), []),
        ("hamming_window", (4,), [0.08, 0.54, 1, 0.54]),
        ("hamming_window", (2, False), [0.08, 0.08]),
        (
            "vorbis_window",
            (6,),
            [0.105029, 0.707107, 0.994469, 0.994469, 0.707107, 0.105029],
        ),
        ("kaiser_window", (5, 3.0), [0.204885, 0.726925, 1, 0.726925, 0.204885]),
        ("kaiser_window", (1,), [1]),
        (
            "kaiser_bessel_derived_window",
            (6,),
            [0.007131, 0.707107, 0.999975, 0.999975, 0.707107, 0.007131],
        ),
    ],
)
def test_windows(function, args, expected):
    found = getattr(tf.signal, function)(*args)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_windows_explain_what_does_not_fit():
    assert tf.signal.hann_window(4, dtype=tf.float64).dtype == tf.float64
    with pytest.raises(ValueError, match="must be a floating point type"):
        tf.signal.hann_window(4, dtype=tf.int32)
    with pytest.raises(ValueError, match="must have rank 0"):
        tf.signal.kaiser_window([4])


# --- cosine transforms ----------------------------------------------------------------


def cosine_matrix(kind, n):
    k, i = np.arange(n)[:, None], np.arange(n)[None]
    if kind == 1:
        m = 2 * np.cos(np.pi * i * k / (n - 1))
        m[:, [0, -1]] /= 2
        return m
    if kind == 2:
        return 2 * np.cos(np.pi * (2 * i + 1) * k / (2 * n))
    if kind == 3:
        m = 2 * np.cos(np.pi * i * (2 * k + 1) / (2 * n))
        m[:, 0] /= 2
        return m
    return 2 * np.cos(np.pi * (2 * i + 1) * (2 * k + 1) / (4 * n))


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [None, 3, 8])
def test_cosine_transforms_are_products_with_cosines(kind, n):
    x = X[0]
    size = n or x.shape[-1]
    fitted = np.pad(x, [(0, 0), (0, max(0, size - 5))])[:, :size]
    expected = fitted @ cosine_matrix(kind, size).T
    close(tf.signal.dct(x, kind, n), expected)
    inverse = {1: 1, 2: 3, 3: 2, 4: 4}[kind]
    close(tf.signal.idct(x, inverse, n), expected)
    check_composed(lambda v: tf.signal.dct(v, kind, n), x)


@pytest.mark.parametrize("kind", [2, 3, 4])
def test_orthogonal_cosine_transforms_are_undone_by_their_inverse(kind):
    there = tf.signal.dct(X, kind, norm="ortho")
    close(np.sum(np.square(there)), np.sum(np.square(X)))
    close(tf.signal.idct(there, kind, norm="ortho"), X)


@pytest.mark.parametrize(
    ("kwargs", "error", "words"),
    [
        ({"type": 5}, ValueError, "Types I, II, III and IV"),
        ({"type": 1, "norm": "ortho"}, ValueError, "not supported for the Type-I"),
        ({"axis": 0}, NotImplementedError, "axis must be -1. Got: 0"),
        ({"norm": "foo"}, ValueError, "Unknown normalization"),
        ({"n": 0}, ValueError, "n should be a positive integer"),
    ],
)
def test_cosine_transforms_explain_what_does_not_fit(kwargs, error, words):
    with pytest.raises(error, match=words):
        tf.signal.dct(X, **kwargs)


def test_cosine_transforms_of_too_little():
    with pytest.raises(ValueError, match="greater than one"):
        tf.signal.dct(X[..., :1], type=1)
    with pytest.raises(TypeError, match="cannot convert int32"):
        tf.signal.dct(tf.constant([1, 2]))
    assert tf.signal.dct([1.0, 2.0]).dtype == tf.float32


@pytest.mark.parametrize("norm", [None, "ortho"])
@pytest.mark.parametrize("window", [tf.signal.vorbis_window, None])
def test_mdct_is_undone_by_its_inverse(norm, window):
    spectra = tf.signal.mdct(Y, 16, window, norm=norm)
    assert spectra.shape == (7, 8)
    back = tf.signal.inverse_mdct(spectra, window, norm=norm)
    close(back[8:56], Y[8:56])
    assert tf.signal.mdct(Y, 16, pad_end=True).shape == (8, 8)
    with pytest.raises(ValueError, match="multiple of 4"):
        tf.signal.mdct(Y, 10)


def test_mdct_has_the_values_of_tensorflow():
    found = tf.signal.mdct(Y, 16)[0]
    expected = [-3.052742, 6.121083, 0.01928, 0.389148, -0.029944, -0.029125]
    np.testing.assert_allclose(found[:6], expected, atol=2e-6)


# --- mel ------------------------------------------------------------------------------


def test_mel_bands_and_cepstra_have_the_values_of_tensorflow():
    weights = tf.signal.linear_to_mel_weight_matrix()
    assert weights.shape == (129, 20)
    expected = [[0.460231, 0, 0], [0.903962, 0, 0], [0.667662, 0.332338, 0]]
    np.testing.assert_allclose(weights[5:8, :3], expected, atol=1e-5)
    found = tf.signal.mfccs_from_log_mel_spectrograms([1.0, 2, 3, 4, 5])
    np.testing.assert_allclose(found, [9.486833, -3.1495, 0, -0.28399, 0], atol=1e-5)
    with pytest.raises(ValueError, match="num_mel_bins must be positive"):
        tf.signal.mfccs_from_log_mel_spectrograms(tf.zeros([3, 0]))


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"num_mel_bins": -1}, "num_mel_bins must be positive"),
        ({"sample_rate": -1}, "sample_rate must be positive"),
        ({"lower_edge_hertz": -1.0}, "lower_edge_hertz must be non-negative"),
        ({"lower_edge_hertz": 5000.0}, "lower_edge_hertz 5000.0 >= upper_edge_hertz"),
        ({"upper_edge_hertz": 5000.0}, "Nyquist frequency"),
        ({"dtype": tf.int32}, "must be a floating point type"),
    ],
)
def test_mel_bands_explain_what_does_not_fit(kwargs, words):
    with pytest.raises(ValueError, match=words):
        tf.signal.linear_to_mel_weight_matrix(**kwargs)


@pytest.mark.parametrize("shift", [tf.signal.fftshift, tf.signal.ifftshift])
def test_there_is_no_axis_to_shift_beyond_the_rank(shift) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="slice index 3 of dim"):
        shift(tf.ones([2]), axes=3)
