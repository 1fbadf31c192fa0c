using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Denoising;

/// <summary>A frame before and after.</summary>
/// <param name="Noisy">As it was read.</param>
/// <param name="Denoised">The result, rounded.</param>
public sealed record DenoisedFrame(Picture Noisy, Picture Denoised);

/// <summary>
/// Non-local means of films: windows also reach into the frames before and after, wherever things have moved to; nothing is aligned.
/// </summary>
/// <remarks>Buades, Coll, Morel: <em>Nonlocal image and movie denoising</em>, International Journal of Computer Vision, 2008.</remarks>
public static class FilmDenoising
{
    /// <summary>
    /// Denoises frame after frame, while the result is gone through. In memory are the frames that are searched and those that
    /// <see cref="VideoSource.Frames"/> reads together, however long the film is.
    /// </summary>
    /// <param name="film">The film.</param>
    /// <param name="options">What is computed; decay and noise for samples from 0 to 255.</param>
    /// <param name="radius">How many frames before and after are searched, where there are as many; 0 to 16.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <exception cref="ArgumentException">An option cannot be computed.</exception>
    public static IEnumerable<DenoisedFrame> Run(VideoSource film, NonLocalMeansOptions options, int radius, WorkerPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(film);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(radius);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((2 * radius) + 1, NonLocalMeans.MostFrames, nameof(radius));
        options.Check();
        return Frames(film, options, radius, pool);
    }

    private static IEnumerable<DenoisedFrame> Frames(VideoSource film, NonLocalMeansOptions options, int radius, WorkerPool? pool)
    {
        using IEnumerator<Picture> source = film.Frames().GetEnumerator();
        List<Picture> held = [];
        int first = 0;
        for (int frame = 0; frame < film.Count; frame++)
        {
            while (first + held.Count <= frame + radius && source.MoveNext())
            {
                held.Add(source.Current);
            }

            int gone = Math.Max(0, frame - radius) - first;
            held.RemoveRange(0, gone);
            first += gone;
            yield return new(held[frame - first], NonLocalMeans.Denoise(held, frame - first, options, pool));
        }
    }
}
