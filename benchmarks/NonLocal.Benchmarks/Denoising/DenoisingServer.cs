using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using NonLocal.Tensors;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Denoising;

namespace NonLocal.Benchmarks.Denoising;

/// <summary>
/// Our side of <c>benchmarks/denoising</c>: denoises what each line that it reads asks for, and answers with the time of one call, until
/// its input ends.
/// </summary>
internal static class DenoisingServer
{
    private const double PeakMs = 5;

    /// <summary>Serves.</summary>
    /// <param name="threads">How many threads share the work.</param>
    public static int Run(string threads)
    {
        using WorkerPool pool = new(int.Parse(threads, System.Globalization.CultureInfo.InvariantCulture));
        while (Console.ReadLine() is { } line)
        {
            Console.Out.WriteLine(Answer(JsonNode.Parse(line)!, pool).ToJsonString());
            Console.Out.Flush();
        }

        return 0;
    }

    // The input is raw floats [height, width, channels]; the output, where one is asked for, too.
    private static JsonObject Answer(JsonNode request, WorkerPool pool)
    {
        Shape shape = new([.. request["shape"]!.AsArray().Select(size => (int)size!)]);
        Tensor image = Tensor.From(shape, MemoryMarshal.Cast<byte, float>(File.ReadAllBytes((string)request["input"]!)).ToArray());
        NonLocalMeansOptions options = new()
        {
            PatchRadius = (int)request["patch_radius"]!,
            SearchRadius = (int)request["search_radius"]!,
            Decay = (double)request["h"]!,
            Sigma = (double)request["sigma"]!,
            ClippedTo = (bool)request["clipped"]! ? new SampleRange(0, 1) : null,
            Aggregation = Enum.Parse<Aggregation>((string)request["aggregation"]!),
            PatchDeviation = (double?)request["patch_deviation"],
            AggregationDeviation = (double?)request["aggregation_deviation"],
            SelfWeight = Enum.Parse<SelfWeight>((string)request["self_weight"]!),
        };
        if (request["candidates"] is JsonArray candidates)
        {
            options = DenoisingRisk.Least(image, [.. candidates.Select(candidate => Candidate(options, candidate!))], pool);
        }

        int calls = (int?)request["calls"] ?? 1;
        Tensor result = image;
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        for (int call = 0; call < calls; call++)
        {
            result = NonLocalMeans.Denoise(image, options, pool);
        }

        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds / calls;
        double processorMilliseconds = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / calls;
        if ((string?)request["output"] is { } output)
        {
            File.WriteAllBytes(output, MemoryMarshal.AsBytes(result.Span).ToArray());
        }

        return new()
        {
            ["ms"] = milliseconds,
            ["processor_ms"] = processorMilliseconds,
            ["peak"] = PeakMeasurement.Measure(pool, PeakMs),
            ["vector_bits"] = SimdWidth.Bits,
            ["runtime"] = Environment.Version.ToString(),
        };
    }

    private static NonLocalMeansOptions Candidate(NonLocalMeansOptions options, JsonNode differences) => options with
    {
        Decay = (double)differences["h"]!,
        PatchDeviation = (double)differences["patch_deviation"]!,
        AggregationDeviation = (double)differences["aggregation_deviation"]!,
    };
}
