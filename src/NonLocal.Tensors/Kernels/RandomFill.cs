using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Fills memory from a <see cref="RandomStream"/>; who fills which part does not matter.</summary>
internal static unsafe class RandomFill
{
    // A multiple of the four numbers that a counter gives.
    private const int Part = 1 << 14;

    /// <summary>y[i] = the stream's i-th uniform number.</summary>
    public static void Uniform(WorkerPool pool, RandomStream stream, float* y, int count)
    {
        Job job = new(stream, y, count);
        pool.Run(ref job, (count + Part - 1) / Part);
    }

    private readonly struct Job(RandomStream stream, float* y, int count) : IParallelJob
    {
        public void Execute(int index, int worker)
        {
            int first = index * Part;
            stream.Uniform(new Span<float>(y + first, Math.Min(Part, count - first)), first);
        }
    }
}
