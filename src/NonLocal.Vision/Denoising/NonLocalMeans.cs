using System.Numerics;
using System.Runtime.InteropServices;
using NonLocal.Tensors;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Denoising;

/// <summary>
/// Non-local means: each pixel becomes a mean of the pixels around it, weighted by how much their surroundings look alike. The ancestor
/// of the non-local block: a Gaussian of patches for θ and φ, the samples themselves for g, nothing learned.
/// </summary>
/// <remarks>
/// Buades, Coll, Morel: <em>A non-local algorithm for image denoising</em>, CVPR 2005; <em>Non-Local Means Denoising</em>, IPOL 2011.
/// Exact, in single precision. The same bits on any number of threads; memory beside input and output depends on the options, not on
/// the picture.
/// </remarks>
public static class NonLocalMeans
{
    /// <summary>How many frames can be searched together.</summary>
    public const int MostFrames = 33;

    private const int TilesPerReport = 64;

    /// <summary>Denoises samples in any unit.</summary>
    /// <param name="image">[height, width, channels], all finite; the channels share one set of weights.</param>
    /// <param name="options">What is computed; decay and noise in the samples' unit.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <param name="progress">Told how many tiles are done, and of how many.</param>
    /// <exception cref="ShapeException">Another number of axes, or an axis of length 0.</exception>
    /// <exception cref="ArgumentException">A sample is not finite, or an option cannot be computed.</exception>
    public static Tensor Denoise(
        Tensor image, NonLocalMeansOptions options, WorkerPool? pool = null, Action<int, int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Denoise([image], 0, options, pool, progress);
    }

    /// <summary>Denoises one frame of a film: windows lie in all frames that are given.</summary>
    /// <param name="frames">[height, width, channels] each, all finite.</param>
    /// <param name="index">The one that is denoised, from 0.</param>
    /// <param name="options">What is computed; decay and noise in the samples' unit.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <param name="progress">Told how many tiles are done, and of how many.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="ShapeException">Another number of axes, an axis of length 0, or frames of several shapes.</exception>
    /// <exception cref="ArgumentException">A sample is not finite, or an option cannot be computed.</exception>
    public static unsafe Tensor Denoise(
        IReadOnlyList<Tensor> frames, int index, NonLocalMeansOptions options, WorkerPool? pool = null, Action<int, int>? progress = null)
    {
        Check(frames, index, options);
        Shape shape = frames[index].Shape;
        float** sources = stackalloc float*[frames.Count];
        for (int i = 0; i < frames.Count; i++)
        {
            ImageTensor.Check(frames[i]);
            sources[i] = frames[i].Shape == shape
                ? frames[i].Pointer
                : throw new ShapeException($"frame {i} has the shape {frames[i].Shape}, expected {shape} as frame {index} has.");
        }

        Tensor result = new(shape);
        DenoisingSizes sizes = new(shape[0], shape[1], shape[2], shape[2], options) { Frames = frames.Count, Frame = index };
        Run(sources, result.Pointer, sizes, options, pool, progress);
        GC.KeepAlive(frames);
        return result;
    }

    /// <summary>Denoises a picture, grey or colour; alpha stays as it is.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="options">What is computed; decay and noise for samples from 0 to 255.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <param name="progress">Told how many tiles are done, and of how many.</param>
    /// <returns>The result, rounded.</returns>
    /// <exception cref="ArgumentException">An option cannot be computed.</exception>
    public static Picture Denoise(
        Picture picture, NonLocalMeansOptions options, WorkerPool? pool = null, Action<int, int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return Denoise([picture], 0, options, pool, progress);
    }

    /// <summary>Denoises one frame of a film, grey or colour: windows lie in all frames that are given. Alpha stays as it is.</summary>
    /// <param name="frames">The frames, all of one size.</param>
    /// <param name="index">The one that is denoised, from 0.</param>
    /// <param name="options">What is computed; decay and noise for samples from 0 to 255.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <param name="progress">Told how many tiles are done, and of how many.</param>
    /// <returns>The result, rounded.</returns>
    /// <exception cref="ArgumentException">An option cannot be computed, there is no such frame, or sizes differ.</exception>
    public static unsafe Picture Denoise(
        IReadOnlyList<Picture> frames, int index, NonLocalMeansOptions options, WorkerPool? pool = null, Action<int, int>? progress = null)
    {
        Check(frames, index, options);
        Picture picture = frames[index];
        Picture result = new(picture.Width, picture.Height, picture.Channels);
        int channels = picture.Channels < 3 ? 1 : 3;
        DenoisingSizes sizes = new(picture.Height, picture.Width, channels, picture.Channels, options)
        {
            Frames = frames.Count,
            Frame = index,
        };
        GCHandle[] pins = new GCHandle[frames.Count];
        try
        {
            byte** sources = stackalloc byte*[frames.Count];
            for (int i = 0; i < frames.Count; i++)
            {
                CheckSize(frames[i], picture, i);
                pins[i] = GCHandle.Alloc(frames[i].Bytes, GCHandleType.Pinned);
                sources[i] = (byte*)pins[i].AddrOfPinnedObject();
            }

            fixed (byte* target = result.Bytes)
            {
                Run(sources, target, sizes, options, pool, progress);
            }
        }
        finally
        {
            foreach (GCHandle pin in pins.Where(pin => pin.IsAllocated))
            {
                pin.Free();
            }
        }

        return result;
    }

    private static void Check<T>(IReadOnlyList<T> frames, int index, NonLocalMeansOptions options)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, frames.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frames.Count, MostFrames, nameof(frames));
        options.Check();
    }

    private static void CheckSize(Picture frame, Picture picture, int index)
    {
        if ((frame.Width, frame.Height, frame.Channels) != (picture.Width, picture.Height, picture.Channels))
        {
            throw new ArgumentException(
                $"frame {index} has {frame.Width} x {frame.Height} x {frame.Channels} samples, expected {picture.Width} x {picture.Height} "
                + $"x {picture.Channels} as the one that is denoised has.");
        }
    }

    private static unsafe void Run<TSample>(
        TSample** frames, TSample* target, DenoisingSizes sizes, NonLocalMeansOptions options, WorkerPool? pool, Action<int, int>? progress)
        where TSample : unmanaged, INumber<TSample>
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512, TSample>(frames, target, sizes, options, pool ?? WorkerPool.Shared, progress);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256, TSample>(frames, target, sizes, options, pool ?? WorkerPool.Shared, progress);
        }
        else
        {
            Run<Simd128, TSample>(frames, target, sizes, options, pool ?? WorkerPool.Shared, progress);
        }
    }

    private static unsafe void Run<T, TSample>(
        TSample** frames, TSample* target, DenoisingSizes sizes, NonLocalMeansOptions options, WorkerPool pool, Action<int, int>? progress)
        where T : unmanaged, ISimd<T>
        where TSample : unmanaged, INumber<TSample>
    {
        ClippedNoise? clipping = ClippedNoise.Of(options);
        int scratchLength = checked(pool.Threads * sizes.ScratchLength);
        int length = checked(scratchLength + (clipping is null ? 0 : ClippedNoiseTable.Length(clipping)));
        MemoryBlock scratch = new(length);
        scratch.Span(0, length).Clear();
        double[] rowTaps = options.PatchTaps();
        float[] taps = [.. rowTaps.Select(tap => (float)tap), .. rowTaps.Select(tap => (float)(tap / sizes.Channels))];

        // Where all of a patch counts alike, sums are not weighted; they are as many times larger as they have terms.
        bool isPlain = options.PatchDeviation is null;
        double terms = isPlain ? (double)rowTaps.Length * rowTaps.Length * sizes.Channels : 1;
        double noise = 2 * options.Sigma * options.Sigma * terms;
        double scale = -Math.Log2(Math.E) / (options.Decay * options.Decay * terms);
        double gain = options.OwnWeightGain(clipping is null ? options.Sigma * options.Sigma : 1 / terms);
        float[] shares = [.. options.AggregationTaps().Select(share => (float)share)];
        fixed (float* tapsAddress = isPlain ? null : taps, sharesAddress = options.AggregationDeviation is null ? null : shares)
        {
            DenoisingJob<T, TSample> job = new()
            {
                Sizes = sizes,
                Sources = frames,
                Target = target,
                Weights = new(sizes, tapsAddress, (float)noise, (float)scale),
                Clipping = clipping is null ? default : new(clipping, scratch.Pointer + scratchLength),
                Taps = tapsAddress,
                SelfWeight = options.SelfWeight,
                OwnWeightGain = (float)gain,
                Shares = sharesAddress,
                IsPatchwise = options.Aggregation == Aggregation.Patchwise,
                Scratch = scratch.Pointer,
            };
            while (job.FirstTile < sizes.Tiles)
            {
                int count = Math.Min(TilesPerReport, sizes.Tiles - job.FirstTile);
                pool.Run(ref job, count);
                job.FirstTile += count;
                progress?.Invoke(job.FirstTile, sizes.Tiles);
            }
        }

        GC.KeepAlive(scratch);
    }
}
