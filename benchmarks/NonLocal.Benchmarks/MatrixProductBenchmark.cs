using System.Diagnostics;
using System.Globalization;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Benchmarks;

/// <summary>
/// Times matrix products against the processor's own peak, which is measured between the runs. The last column is for busy machines:
/// the shortest processor time against the highest peak.
/// </summary>
internal static unsafe class MatrixProductBenchmark
{
    private const int Repeats = 11;

    public static int Run(string[] sizes)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Console.WriteLine($"register width {SimdWidth.Bits}; medians of {Repeats} runs");
        Console.WriteLine("m x n x k              threads        ms   GFLOP/s   peak GFLOP/s   fraction   of processor time");
        foreach (string size in sizes.Length == 0 ? ["1536x1536x1536"] : sizes)
        {
            int[] lengths = [.. size.Split('x').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
            ProductSizes product = new(1, lengths[0], lengths[1], lengths[2]);
            (double one, double peakOne) = Measure(product, 1);
            (double two, double peakTwo) = Measure(product, 2);
            Console.WriteLine(
                $"two-thread gain {one / two:F3}, of the peak {peakTwo / peakOne:F3}, ratio {one / two / (peakTwo / peakOne):F3}");
        }

        return 0;
    }

    private static (double Seconds, double Peak) Measure(ProductSizes sizes, int threads)
    {
        using WorkerPool pool = new(threads);
        MemoryBlock left = Random(sizes.Rows, sizes.Inner);
        MemoryBlock right = Random(sizes.Inner, sizes.Columns);
        MemoryBlock output = Random(sizes.Rows, sizes.Columns);
        MemoryBlock scratch = new(MatrixProduct.ScratchFloats(sizes, threads));
        double[] seconds = new double[Repeats];
        double[] peaks = new double[Repeats];
        double leastProcessorTime = double.MaxValue;
        int calls = (int)Math.Clamp(100_000_000 / Math.Max(1, sizes.MultiplyAdds), 1, 1000);
        for (int i = -2; i < Repeats; i++)
        {
            double peak = PeakMeasurement.Measure(pool);
            TimeSpan processorTime = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            for (int call = 0; call < calls; call++)
            {
                MatrixProduct.Multiply(
                    pool,
                    sizes,
                    new Matrix(left.Pointer, sizes.Inner),
                    new Matrix(right.Pointer, sizes.Columns),
                    null,
                    new Matrix(output.Pointer, sizes.Columns),
                    default,
                    scratch.Pointer);
            }

            if (i >= 0)
            {
                seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
                peaks[i] = peak;
                double spent = (Environment.CpuUsage.TotalTime - processorTime).TotalSeconds / calls;
                leastProcessorTime = Math.Min(leastProcessorTime, spent / threads);
            }
        }

        Array.Sort(seconds);
        Array.Sort(peaks);
        (double median, double medianPeak) = (seconds[Repeats / 2], peaks[Repeats / 2]);
        double speed = 2.0 * sizes.MultiplyAdds / median;
        Console.WriteLine(
            $"{$"{sizes.Rows}x{sizes.Columns}x{sizes.Inner}",-22} {threads,7} {median * 1e3,9:F3} {speed / 1e9,9:F1} "
            + $"{medianPeak / 1e9,14:F1} {speed / medianPeak,10:F3} {2.0 * sizes.MultiplyAdds / leastProcessorTime / peaks[^1],19:F3}");
        return (median, medianPeak);
    }

    private static MemoryBlock Random(int rows, int columns)
    {
        MemoryBlock block = new((long)rows * columns);
        Random random = new(1);
        foreach (ref float x in block.Span(0, rows * columns))
        {
            x = random.NextSingle() - 0.5f;
        }

        return block;
    }
}
