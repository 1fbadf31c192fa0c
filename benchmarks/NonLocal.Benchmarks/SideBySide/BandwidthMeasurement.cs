using System.Diagnostics;
using System.Numerics;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Benchmarks.SideBySide;

/// <summary>
/// Measures how many bytes the memory moves a second at most: the triad a = b·s + c of the STREAM benchmark, over arrays far larger than
/// any cache. Short, so that it can be run between the runs of the work that it is compared with.
/// </summary>
internal sealed unsafe class BandwidthMeasurement(WorkerPool pool)
{
    private const int Floats = 1 << 25;
    private const int Parts = 64;
    private readonly MemoryBlock a = Filled();
    private readonly MemoryBlock b = Filled();
    private readonly MemoryBlock c = Filled();

    /// <summary>Runs the triad once on every thread of the pool.</summary>
    /// <returns>Bytes a second, two reads and one write for each element, as STREAM counts.</returns>
    public double Measure()
    {
        TriadJob job = new() { A = a.Pointer, B = b.Pointer, C = c.Pointer };
        long start = Stopwatch.GetTimestamp();
        pool.Run(ref job, Parts);
        return 3.0 * sizeof(float) * Floats / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static MemoryBlock Filled()
    {
        MemoryBlock block = new(Floats);
        block.Span(0, Floats).Fill(1);
        return block;
    }

    private struct TriadJob : IParallelJob
    {
        public float* A;
        public float* B;
        public float* C;

        public readonly void Execute(int index, int worker)
        {
            const long Length = Floats / Parts;
            for (long i = index * Length; i < (index + 1) * Length; i += Vector<float>.Count)
            {
                Vector.Store((Vector.Load(B + i) * 0.5f) + Vector.Load(C + i), A + i);
            }
        }
    }
}
