using System.Runtime.ExceptionServices;

namespace NonLocal.Vision;

/// <summary>Independent pieces of work on several threads.</summary>
internal static class Parallelism
{
    /// <summary>Does pieces 0 … <paramref name="count"/> − 1; the first error ends the work and is thrown as it is.</summary>
    public static void Run(int count, int threads, Action<int> work)
    {
        ExceptionDispatchInfo? failure = null;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, (piece, loop) =>
        {
            try
            {
                work(piece);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
                loop.Stop();
            }
        });
        failure?.Throw();
    }
}
