using System.Numerics;
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
    private const int TilesPerReport = 64;

    /// <summary>Denoises samples in any unit.</summary>
    /// <param name="image">[height, width, channels], all finite; the channels share one set of weights.</param>
    /// <param name="options">What is computed; decay and noise in the samples' unit.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <param name="progress">Told how many tiles are done, and of how many.</param>
    /// <exception cref="ShapeException">Another number of axes, or an axis of length 0.</exception>
    /// <exception cref="ArgumentException">A sample is not finite, or an option cannot be computed.</exception>
    public static unsafe Tensor Denoise(
        Tensor image, NonLocalMeansOptions options, WorkerPool? pool = null, Action<int, int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        ImageTensor.Check(image);
        Tensor result = new(image.Shape);
        DenoisingSizes sizes = new(image.Shape[0], image.Shape[1], image.Shape[2], image.Shape[2], options);
        fixed (float* source = image.Span, target = result.Span)
        {
            Run(source, target, sizes, options, pool, progress);
        }

        return result;
    }

    /// <summary>Denoises a picture, grey or colour; alpha stays as it is.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="options">What is computed; decay and noise for samples from 0 to 255.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <param name="progress">Told how many tiles are done, and of how many.</param>
    /// <returns>The result, rounded.</returns>
    /// <exception cref="ArgumentException">An option cannot be computed.</exception>
    public static unsafe Picture Denoise(
        Picture picture, NonLocalMeansOptions options, WorkerPool? pool = null, Action<int, int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        Picture result = new(picture.Width, picture.Height, picture.Channels);
        DenoisingSizes sizes = new(picture.Height, picture.Width, picture.Channels < 3 ? 1 : 3, picture.Channels, options);
        fixed (byte* source = picture.Bytes, target = result.Bytes)
        {
            Run(source, target, sizes, options, pool, progress);
        }

        return result;
    }

    private static unsafe void Run<TSample>(
        TSample* source, TSample* target, DenoisingSizes sizes, NonLocalMeansOptions options, WorkerPool? pool, Action<int, int>? progress)
        where TSample : unmanaged, INumber<TSample>
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512, TSample>(source, target, sizes, options, pool ?? WorkerPool.Shared, progress);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256, TSample>(source, target, sizes, options, pool ?? WorkerPool.Shared, progress);
        }
        else
        {
            Run<Simd128, TSample>(source, target, sizes, options, pool ?? WorkerPool.Shared, progress);
        }
    }

    private static unsafe void Run<T, TSample>(
        TSample* source, TSample* target, DenoisingSizes sizes, NonLocalMeansOptions options, WorkerPool pool, Action<int, int>? progress)
        where T : unmanaged, ISimd<T>
        where TSample : unmanaged, INumber<TSample>
    {
        MemoryBlock scratch = new((long)pool.Threads * sizes.ScratchLength);
        new Span<float>(scratch.Pointer, checked(pool.Threads * sizes.ScratchLength)).Clear();
        double[] rowTaps = options.PatchTaps();
        float[] taps = [.. rowTaps.Select(tap => (float)tap), .. rowTaps.Select(tap => (float)(tap / sizes.Channels))];

        // Where all of a patch counts alike, sums are not weighted; they are as many times larger as they have terms.
        bool isPlain = options.PatchDeviation is null;
        double terms = isPlain ? (double)rowTaps.Length * rowTaps.Length * sizes.Channels : 1;
        double noise = 2 * options.Sigma * options.Sigma * terms;
        double scale = -Math.Log2(Math.E) / (options.Decay * options.Decay * terms);
        fixed (float* tapsAddress = isPlain ? null : taps)
        {
            DenoisingJob<T, TSample> job = new()
            {
                Sizes = sizes,
                Sources = &source,
                Target = target,
                Weights = new(sizes, tapsAddress, (float)noise, (float)scale),
                OwnIsOne = options.SelfWeight == SelfWeight.One,
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
