using System.Diagnostics;
using System.Text.Json.Nodes;
using NonLocal.Layers;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Benchmarks.SideBySide;

/// <summary>
/// Our side of <c>benchmarks/side-by-side</c>: prepares one row, says that it is ready, and then times one repetition for every line that
/// it reads, until its input ends. Between the lines it is idle, while the others are timed.
/// </summary>
internal static class RowServer
{
    // Short work is repeated until it fills about this time; the first call, which finds the caches cold, does not count.
    private const double RepetitionMs = 60;

    private const int Trials = 3;
    private const double PeakMs = 5;

    /// <summary>Serves a row.</summary>
    /// <param name="json">One object of <c>rows.json</c>.</param>
    /// <param name="folder">Where weights and numbers are written for the others.</param>
    public static int Run(string json, string folder)
    {
        Row row = Row.Parse(json);
        Directory.CreateDirectory(folder);
        if (row.Mode == RowMode.Compile)
        {
            Answer(new JsonObject { ["first"] = CompileMs(row), ["second"] = CompileMs(row) });
            return 0;
        }

        using WorkerPool pool = new(row.Threads);
        Work work = Subjects.Prepare(row, folder, pool);
        BandwidthMeasurement bandwidth = new(pool);
        bandwidth.Measure();
        work.Run();
        double once = Time(work.Run, 1);
        int calls = Math.Max(1, (int)Math.Ceiling(RepetitionMs / once));
        Answer(new JsonObject
        {
            ["ready"] = true,
            ["flops"] = work.Flops,
            ["bytes"] = work.Bytes,
            ["arena"] = work.Arena,
            ["vector_bits"] = SimdWidth.Bits,
            ["runtime"] = Environment.Version.ToString(),
        });
        while (Console.ReadLine() is not null)
        {
            if (calls > 1)
            {
                work.Run();
            }

            double processor = ProcessorMs();
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            double milliseconds = Time(work.Run, calls);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Answer(new JsonObject
            {
                ["ms"] = milliseconds,
                ["processor_ms"] = (ProcessorMs() - processor) / calls,
                ["allocated"] = allocated,
                ["peak"] = Highest(() => PeakMeasurement.Measure(pool, PeakMs)),
                ["bandwidth"] = Highest(bandwidth.Measure),
            });
        }

        return 0;
    }

    // Other work on the machine only ever lowers what is measured.
    private static double Highest(Func<double> measure) => Enumerable.Range(0, Trials).Max(_ => measure());

    private static double ProcessorMs()
    {
        using Process process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalMilliseconds;
    }

    private static double CompileMs(Row row)
    {
        Layer layer = Subjects.Create(row);
        return Time(() => layer.CompileForInference(row.Shape), 1);
    }

    private static double Time(Action run, int calls)
    {
        long start = Stopwatch.GetTimestamp();
        for (int call = 0; call < calls; call++)
        {
            run();
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / calls;
    }

    private static void Answer(JsonObject answer)
    {
        Console.Out.WriteLine(answer.ToJsonString());
        Console.Out.Flush();
    }
}
