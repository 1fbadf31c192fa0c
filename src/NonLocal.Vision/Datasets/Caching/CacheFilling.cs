using NonLocal.Formats;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets.Caching;

/// <summary>Decodes into a cache what is not in it yet, each chunk on one thread.</summary>
internal static class CacheFilling
{
    /// <summary>Fills all chunks that are not whole.</summary>
    /// <param name="file">Open for writing.</param>
    /// <param name="set">The pictures that belong into it.</param>
    /// <param name="fit">What makes them one size.</param>
    /// <param name="threads">How many work.</param>
    /// <param name="progress">Told how many pictures are in the cache, and of how many, by one thread at a time.</param>
    /// <exception cref="IOException">
    /// A picture's file cannot be opened, which says nothing about its content; or the disk is full.
    /// </exception>
    public static void Run(CacheFile file, PictureSet set, PictureFit fit, int threads, Action<int, int>? progress)
    {
        Lock gate = new();
        int done = 0;
        Parallelism.Run(file.Chunks, threads, chunk =>
        {
            if (!file.IsWhole(chunk, out _))
            {
                Decode(file, chunk, set, fit);
            }

            lock (gate)
            {
                done += file.Chunk(chunk).Count;
                progress?.Invoke(done, set.Count);
            }
        });
    }

    private static void Decode(CacheFile file, int chunk, PictureSet set, PictureFit fit)
    {
        (int first, int count) = file.Chunk(chunk);
        byte[] content = file.NewChunk(chunk);
        foreach (PictureResult result in set.ReadMany(first, count))
        {
            // A file that cannot be opened today may be readable tomorrow: only bad content is remembered.
            if (result.Problem is not (null or FileFormatException))
            {
                throw result.Problem;
            }

            Picture? picture = null;
            string? problem = result.Problem?.Message;
            try
            {
                picture = result.Picture is { } decoded ? fit.Apply(decoded) : null;
            }
            catch (FileFormatException error)
            {
                problem = error.In(set.Source(result.Index)).Message;
            }

            file.Put(content, result.Index - first, picture, problem);
        }

        file.Write(chunk, content);
    }
}
